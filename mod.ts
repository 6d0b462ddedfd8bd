/**
 * Lumberjack: moves jobs out of one HTCondor queue into another and brings
 * their results back.
 *
 * @module
 */
export {};
