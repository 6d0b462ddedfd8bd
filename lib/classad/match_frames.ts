/**
 * Two ads that look at each other, as HTCondor's matchClassad.cpp puts them
 * into a third: each in a context that knows the other by name.
 *
 * @module
 */
import { AdValue, type Expr, type Scope } from "./model.ts";
import { literal } from "./expr.ts";
import { parseAd } from "./parser.ts";

/** Attributes of which some are made up and the rest stand in an ad. */
class FixedScope implements Scope {
  readonly #attributes: ReadonlyMap<string, Expr>;

  constructor(attributes: ReadonlyMap<string, Expr>) {
    this.#attributes = attributes;
  }

  lookup(name: string): Expr | undefined {
    return this.#attributes.get(name.toLowerCase());
  }

  names(): Iterable<string> {
    return this.#attributes.keys();
  }
}

function attributes(text: string): [string, Expr][] {
  return Array.from(
    parseAd(text).attributes,
    ([key, { value }]) => [key, value],
  );
}

const LEFT_CONTEXT = new FixedScope(
  new Map(attributes("[other=.RIGHT;target=.RIGHT;my=.LEFT;ad=.LEFT]")),
);
const RIGHT_CONTEXT = new FixedScope(
  new Map(attributes("[other=.LEFT;target=.LEFT;my=.RIGHT;ad=.RIGHT]")),
);
const MATCH = attributes(
  `[ symmetricMatch = RIGHT.requirements && LEFT.requirements;
     leftMatchesRight = RIGHT.requirements;
     rightMatchesLeft = LEFT.requirements;
     leftRankValue = LEFT.rank;
     rightRankValue = RIGHT.rank ]`,
);

/** The ad `my` as it stands in a match with `target`, and the match itself. */
export function matchFrames(
  my: Scope,
  target: Scope,
): { ad: AdValue; root: AdValue } {
  const top = new Map(MATCH);
  const root = new AdValue(new FixedScope(top));
  const leftContext = new AdValue(LEFT_CONTEXT, root);
  const rightContext = new AdValue(RIGHT_CONTEXT, root);
  const left = new AdValue(attributesOf(my), leftContext);
  const right = new AdValue(attributesOf(target), rightContext);
  left.alternate = right;
  right.alternate = left;
  top.set("left", literal(left));
  top.set("right", literal(right));
  top.set("lctx", literal(leftContext));
  top.set("rctx", literal(rightContext));
  return { ad: left, root };
}

function attributesOf(scope: Scope): Scope {
  return scope instanceof AdValue ? scope.attributes : scope;
}
