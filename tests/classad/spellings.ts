/**
 * Calls of every built-in function, and ways to spell their names.
 *
 * @module
 */
import {
  ClassAd,
  evaluate,
  parse,
  type Release,
  unparseValue,
} from "../../lib/classad/mod.ts";

/** Calls of every function, spelled as in the manual. None of them is error. */
export const CALLS = `
isUndefined(Missing)           isError(1/0)                isString("a")
isInteger(1)                   isReal(1.5)                 isBoolean(true)
isList({1})                    isClassAd([a=1])            isAbsTime(absTime(0))
isRelTime(relTime(0))          member(1,{1})               identicalMember("a",{"a"})
size("abc")                    sum({1,2})                  avg({1,2})
min({1,2})                     max({1,2})                  anyCompare("<",{1,2},2)
allCompare("<",{1,2},2)        isInteger(time())           isInteger(currentTime())
isInteger(timeZoneOffset())    isRelTime(dayTime())        getYear(absTime(0,0))
getMonth(absTime(0,0))         getDayOfYear(absTime(0,0))  getDayOfMonth(absTime(0,0))
getDayOfWeek(absTime(0,0))     getDays(relTime(90000))     getHours(relTime(90000))
getMinutes(relTime(90))        getSeconds(relTime(90))     splitTime(relTime(90000)).Hours
formatTime(86400,"%Y")         strcat("a","b")             join(",","a","b")
toUpper("a")                   toLower("A")                substr("abc",1)
strcmp("a","B")                stricmp("a","A")            versioncmp("2","1")
versionLE("1","2")             versionLT("1","2")          versionGE("2","1")
versionGT("2","1")             versionEQ("2","2")          version_in_range("2","1","3")
regexp("a","A","i")            regexpMember("a",{"a"})     regexps("(a)","a","b\\\\1")
replace("a","aa","b")          replaceAll("a","aa","b")    int("3")
real("3")                      string(3)                   bool("true")
string(absTime(0,0))           string(relTime(90))         unparse(Need)
unresolved(Need)               floor(1.5)                  ceil(1.5)
ceiling(1.5)                   round(2.5)                  pow(2,3)
quantize(3,8)                  isInteger(random(10))       ifThenElse(true,1,2)
interval(90)                   eval("1+1")                 debug(1)
stringListsIntersect("a,b","b")           stringListSize("a,b")
stringListSum("1,2")                      stringListAvg("1,2")
stringListMin("1,2")                      stringListMax("1,2")
stringListMember("a","a,b")               stringListIMember("A","a,b")
stringListSubsetMatch("a","a,b")          stringListISubsetMatch("A","a,b")
stringList_regexpMember("a","a,b")        userHome("no such user","/home/x")
userMap("none","x","y","z")               string(splitUserName("a@b"))
string(splitSlotName("a@b"))              string(split("a b"))
string(evalInEachContext(X,Ads))          countMatches(X>1,Ads)
envV1ToV2("A=1;B=2")                      mergeEnvironment("A=1","B=2")
string(argsToList("a_b"))                 listToArgs({"a","b"})
`.trim().split(/\s{2,}|\n/);

/** The ad in which the calls are evaluated. */
export const MY = "[ Need = Missing > 1; Ads = { [ X = 1 ], [ X = 2 ] } ]";

/** Functions that spell a name in another way. */
export const SPELLINGS: Readonly<Record<string, (name: string) => string>> = {
  "as in the manual": (name) => name,
  "in upper case": (name) => name.toUpperCase(),
  "in lower case": (name) => name.toLowerCase(),
  "in mixed case": (name) =>
    [...name].map((letter, i) =>
      i % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase()
    ).join(""),
};

/** Spells the names of functions in another way. Strings stay the same. */
export function respell(
  call: string,
  spelling: (name: string) => string,
): string {
  return call.replace(
    /"(?:[^"\\]|\\.)*"|(\w+)(?=\()/g,
    (whole, name) => name === undefined ? whole : spelling(name),
  );
}

const ad = ClassAd.parse(MY);

/** Returns the value that this library gives for a call, in new syntax. */
export function ourAnswer(text: string, release: Release): string {
  const expr = parse(text, { syntax: "new", release });
  return unparseValue(evaluate(expr, ad, undefined, { release }), {
    syntax: "new",
  });
}
