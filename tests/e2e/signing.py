"""The request signature of API 2016-08-15 (api-spec 1.5), for ordinary requests, in the test's own words."""

import base64
import hashlib
import hmac
from email.utils import formatdate
from urllib.parse import unquote


def string_to_sign(method, path, headers):
    """`headers` maps lower-case names to values; `path` may carry a query, which is not signed."""
    canonical = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()) if name.startswith("x-fc-"))
    lines = [method, headers.get("content-md5", ""), headers.get("content-type", ""),
             headers.get("x-fc-date", headers.get("date", ""))]
    return "\n".join(lines) + "\n" + canonical + unquote(path.split("?", 1)[0])


def signature(secret, text):
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def signed(method, path, headers, key_id, secret, date=None):
    """The headers with Date (unless x-fc-date stands in) and Authorization added; names come back in lower case."""
    result = {name.lower(): value for name, value in (headers or {}).items()}
    if "x-fc-date" not in result:
        result.setdefault("date", date or formatdate(usegmt=True))
    text = string_to_sign(method, path, result)
    result["authorization"] = f"FC {key_id}:{signature(secret, text)}"
    return result
