def handler(event, context):
    return b"version 1 got " + event
