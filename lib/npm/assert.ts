// @ts-types="./assert.d.ts"
export * from "npm/assert";
