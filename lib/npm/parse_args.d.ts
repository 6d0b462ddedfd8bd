/** The part of `@std/cli/parse-args` that is used here. */
export type Default = Readonly<Record<string, string | boolean | number>>;
/** What `parseArgs` returns: a value for each flag, and the other words. */
export type Args<S extends string, B extends string, D> =
  & {
    readonly [Name in S]: Name extends keyof D ? string : string | undefined;
  }
  & { readonly [Name in B]: boolean }
  & Omit<D, S | B>
  & { readonly _: (string | number)[] };
export function parseArgs<
  const S extends string = never,
  const B extends string = never,
  D extends Default = Record<never, never>,
>(
  words: readonly string[],
  options?: {
    string?: readonly S[];
    boolean?: readonly B[];
    default?: D;
    stopEarly?: boolean;
    unknown?: (word: string) => unknown;
  },
): Args<S, B, D>;
