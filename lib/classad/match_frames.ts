/**
 * Puts two ads into a match, as HTCondor's matchClassad.cpp does. Each of them
 * gets a context ad around it, which knows the other ad by name.
 *
 * @module
 */
import {
  AdValue,
  type AttributeDefinition,
  type Expr,
  type Scope,
} from "./model.ts";
import { literal } from "./expr.ts";
import { parseAd } from "./parser.ts";

/** Attributes by name in lower case, with HTCondor's spelling of the name. */
type Definitions = ReadonlyMap<string, AttributeDefinition>;

/** The attributes that HTCondor defines around the two ads. */
class FixedScope implements Scope {
  readonly #attributes: Definitions;

  constructor(attributes: Definitions) {
    this.#attributes = attributes;
  }

  lookup(name: string): Expr | undefined {
    return this.#attributes.get(name.toLowerCase())?.value;
  }

  *names(): Iterable<string> {
    for (const { name } of this.#attributes.values()) yield name;
  }
}

function attributes(text: string): Definitions {
  return parseAd(text).attributes;
}

const LEFT_CONTEXT = new FixedScope(
  attributes("[other=.RIGHT;target=.RIGHT;my=.LEFT;ad=.LEFT]"),
);
const RIGHT_CONTEXT = new FixedScope(
  attributes("[other=.LEFT;target=.LEFT;my=.RIGHT;ad=.RIGHT]"),
);
const MATCH = attributes(
  `[ symmetricMatch = RIGHT.requirements && LEFT.requirements;
     leftMatchesRight = RIGHT.requirements;
     rightMatchesLeft = LEFT.requirements;
     leftRankValue = LEFT.rank;
     rightRankValue = RIGHT.rank ]`,
);

/**
 * Returns the ad `my` within a match with `target`, and the match itself as the
 * outermost ad.
 */
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
  top.set("left", { name: "LEFT", value: literal(left) });
  top.set("right", { name: "RIGHT", value: literal(right) });
  top.set("lctx", { name: "lCtx", value: literal(leftContext) });
  top.set("rctx", { name: "rCtx", value: literal(rightContext) });
  return { ad: left, root };
}

function attributesOf(scope: Scope): Scope {
  return scope instanceof AdValue ? scope.attributes : scope;
}
