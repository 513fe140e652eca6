"""The handler of every attack function: runs attack.attack(world) and tells whether it came through."""

import json

import attack


def handler(event, context):
    world = json.loads(event)
    try:
        evidence = attack.attack(world)
        answer = {"succeeded": bool(evidence), "detail": str(evidence)}
    except OSError as error:
        answer = {"succeeded": False, "detail": f"{type(error).__name__}: {error}", "errno": error.errno}
    except Exception as error:  # whatever stopped it
        answer = {"succeeded": False, "detail": f"{type(error).__name__}: {error}"}
    return json.dumps(answer)
