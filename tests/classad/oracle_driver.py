# Runs inside a pool root and asks HTCondor's own ClassAd library about
# expressions. Each line on stdin is a request in JSON. The answer to it is a
# line of JSON on stdout.
#   {"ad": name, "text": "[...]"}                   keeps an ad under a name
#   {"expr": text, "my": name, "target": name|null} parses, prints, evaluates
#   {"old": text}                                   reads the long form, and prints
# The answer to an expression is {"new": printed, "old": printed, "value":
# printed}. All three are null if the expression does not parse. "old" is
# missing if it is not UTF-8. "value" is "FAILED" if the evaluation raised an
# error. If "text" is set, a list or ad was printed by string(), because
# releases before 25 free it before Python can print it.
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
        pass  # Python can't hold this text.
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
