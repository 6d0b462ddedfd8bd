# Runs inside a pool root: answers what HTCondor's own ClassAd library makes of
# expressions. One JSON request a line on stdin, one JSON answer a line.
#   {"ad": name, "text": "[...]"}                   keeps an ad under a name
#   {"expr": text, "my": name, "target": name|null} parses, prints, evaluates
#   {"old": text}                                   reads the long form, and prints
# An answer to an expression: {"new": printed, "old": printed, "value": printed}
# with null where it does not parse, no "old" where that is no UTF-8, and "FAILED" for a value that could not be
# had at all. Lists and ads come as strings where "text" is set: releases before
# 25 free them before they can be printed.
import json
import sys

import htcondor2  # Configures the library as the daemons do.
import classad2

TEXT_ONLY = htcondor2.version().split()[1].startswith("23.")
ads = {}


def evaluate(expr, my, target):
    try:
        return classad2.ExprTree(expr).simplify(my, target), None
    except Exception:
        return None, "FAILED"


def answer(request):
    if "ad" in request:
        ads[request["ad"]] = classad2.ClassAd(request["text"])
        return {}
    if "old" in request:
        try:
            ad = next(iter(classad2.parseAds(request["old"], classad2.ParserType.Old)))
            return {"old": ad.printOld(), "new": repr(ad), "json": ad.printJson()}
        except UnicodeDecodeError:
            return {}
        except Exception:
            return {"old": None, "new": None, "json": None}
    expr = request["expr"]
    try:
        tree = classad2.ExprTree(expr)
        ad = classad2.ClassAd("[X = %s\n]" % expr)
    except Exception:
        return {"new": None, "old": None, "value": None}
    result = {"new": repr(tree)}
    try:
        result["old"] = ad.printOld()[4:-1]
    except UnicodeDecodeError:
        pass  # Python cannot hold it.
    if "my" not in request:
        return result
    my = ads[request["my"]]
    target = ads[request["target"]] if request["target"] else None
    if TEXT_ONLY:
        kind, failed = evaluate("isList(%s\n) || isClassAd(%s\n)" % (expr, expr), my, target)
        if failed is None and repr(kind) == "true":
            value, failed = evaluate("string(%s\n)" % expr, my, target)
            result["text"] = True
            result["value"] = failed or repr(value)
            return result
    value, failed = evaluate(expr, my, target)
    result["value"] = failed or repr(value)
    return result


for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
    sys.stdout.flush()
