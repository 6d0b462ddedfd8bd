// @ts-types="./parse_args.d.ts"
export * from "npm/parse-args";
