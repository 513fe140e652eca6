"""Makes itself the last to be killed when the machine is out of memory. The kernel forbids it to whoever was given its
score by somebody with CAP_SYS_RESOURCE, which the launcher has nearly everywhere."""


def attack(world):
    if not world["lasting"]:
        raise OSError("nobody on this machine can give a score that lasts")
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("0")
    with open("/proc/self/oom_score_adj") as file:
        return int(file.read()) == 0
