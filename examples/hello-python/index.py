import json
import logging


def handler(event, context):
    name = json.loads(event).get("name", "world") if event else "world"
    logging.info("greeting %s", name)
    return {"greeting": "Hello, %s!" % name, "requestId": context.request_id}
