// @ts-types="./fs.d.ts"
export * from "npm/fs";
