// @ts-types="./path.d.ts"
export * from "npm/path";
