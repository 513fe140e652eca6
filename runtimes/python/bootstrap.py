"""Starts the Python runtime. Kept tiny: a script is compiled at each start, a module's byte code is cached."""

if __name__ == "__main__":
    import sys

    home = __file__.rpartition("/")[0]
    if sys.path and sys.path[0] == home:
        del sys.path[0]
    sys.path.insert(0, home)
    from openfc_runtime.worker import main

    del sys.path[0]
    main(3)
