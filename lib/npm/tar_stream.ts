// @ts-types="./tar_stream.d.ts"
export * from "npm/tar-stream";
