"""Modules that the platform brings: installed for a runtime, found by functions, and none of the machine's beside them."""

import json
import os
import subprocess

import harness
from fcclient import make_zip

NODEJS = """
const Module = require('module');
exports.handler = (event, context, callback) => {
  callback(null, JSON.stringify({
    found: event.length ? require.resolve(event.toString()) : null, nodePath: process.env.NODE_PATH,
    program: process.execPath, places: Module.globalPaths,
  }));
};
"""
PYTHON = """
import importlib, json, sys
def handler(event, context):
    names, found = json.loads(event), {}
    for name in names:
        try:
            found[name] = importlib.import_module(name).__file__
        except ImportError:
            found[name] = None
    return json.dumps({"found": found, "path": sys.path})
"""
MACHINES = """
import json, os, pkgutil
places = [p for p in ("/usr/lib/python3/dist-packages", "/usr/local/lib/python%d.%d/dist-packages" %
                      __import__("sys").version_info[:2]) if os.path.isdir(p)]
print(json.dumps([m.name for m in pkgutil.iter_modules(places)][:20]))
"""


class RuntimeModules(harness.ServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client.post("/services", {"serviceName": "s"})
        for words in (["nodejs14", "raw-body"], ["nodejs6", "raw-body"], ["python3", "six"]):
            subprocess.run([harness.binary(), "runtime", "modules", "install", *words], check=True)

    def look(self, name, runtime, event, **members):
        kind, file = ("python", {"index.py": PYTHON}) if runtime.startswith("python") else ("nodejs", {"index.js": NODEJS})
        self.make_function("s", name, kind, zip=make_zip(file), runtime=runtime, **members)
        return self.ask("s", name, event)

    def test_nodejs_finds_them(self):
        for runtime in ("nodejs6", "nodejs14"):
            with self.subTest(runtime):
                seen = self.look(f"n-{runtime}", runtime, b"raw-body")
                self.assertTrue(seen["found"].startswith(f"/var/fc/runtime/modules/{runtime}/node_modules/raw-body/"))
                self.assertTrue(seen["nodePath"].startswith("/usr/local/lib/node_modules:"))
                self.assertEqual(seen["program"].rsplit("/", 1)[-1], "node")

    def test_a_users_search_path_hides_them_not(self):
        for name, variables in (("hidden", {"NODE_PATH": "/code/lib"}),
                                ("own", {"NODE_PATH": "/code/lib", "NODE_OPTIONS": "--no-warnings"})):
            with self.subTest(name):
                seen = self.look(name, "nodejs14", b"raw-body", environmentVariables=variables)
                self.assertIn("/var/fc/runtime/modules/nodejs14/", seen["found"])
                self.assertEqual(seen["nodePath"], variables["NODE_PATH"])

    def test_nodejs_sees_no_module_of_the_machine(self):
        for place in self.look("places", "nodejs14", b"")["places"]:
            with self.subTest(place):
                self.assertTrue(place.startswith(("/opt/nodejs/", "/tmp/", "/var/fc/runtime/modules/nodejs14/")))

    def test_python_finds_them_and_none_of_the_machine(self):
        machines = json.loads(subprocess.check_output(["/usr/bin/python3", "-I", "-S", "-c", MACHINES]))
        names = json.dumps(["six", *(set(machines) - {"six"})]).encode()
        for name, variables in (("copied", {}), ("own", {"PYTHONHASHSEED": "1"})):
            with self.subTest(name):
                seen = self.look(f"py-{name}", "python3", names, environmentVariables=variables)
                self.assertTrue(seen["found"].pop("six").startswith("/var/fc/runtime/modules/python3/lib/"))
                others = {file for file in seen["found"].values() if file}
                self.assertEqual({file for file in others if not file.startswith("/var/fc/runtime/modules/")}, set())
                self.assertEqual([path for path in seen["path"] if "dist-packages" in path], [])

    def test_each_runtime_has_its_own(self):
        seen = self.look("nine", "python3.9", json.dumps(["six"]).encode())

        self.assertIsNone(seen["found"]["six"])

    def test_installing(self):
        def install(*words):
            return subprocess.run([harness.binary(), "runtime", "modules", "install", *words], capture_output=True,
                                  text=True, check=False)

        cases = ((("custom", ), 2, "brings no modules"), (("nodejs99", ), 2, "unknown runtime"),
                 (("nodejs14", "left-pad"), 2, "carries no module 'left-pad'"),
                 (("python3.10", ), 0, "carries no modules"),
                 (("nodejs14", "raw-body", "--directory", "/proc/nowhere"), 2, "cannot write to"))
        for words, status, text in cases:
            with self.subTest(words):
                done = install(*words)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertIn(text, done.stderr)
        doctor = subprocess.run([harness.binary(), "doctor", "-o", "json"], capture_output=True, text=True, check=False)
        found = {row["check"]: row["found"] for row in json.loads(doctor.stdout)}
        self.assertIn("nodejs14 1 of", found["runtime modules"])
