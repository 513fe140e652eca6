"""The attacks, one row each: ways out of the sandbox, floods, and addresses that no function may reach."""

import dataclasses
import os
import resource
import time
from collections.abc import Callable

import world

ROOT = "uid,capabilities"
SYS_RESOURCE = 24


@dataclasses.dataclass
class Attack:
    """`without`: the defences of OPENFC_DEFENCES_OFF that must all be off for the attack to succeed ("listen" among
    them: the API listens on loopback alone), or a setting of the server ("freezeAfter: 3600000") or of the function
    ("timeout: 20") that turns the defence off, or, where it is a limit that cannot be set, what it lets through of the
    same attack ("size: 100000"). "": the kernel forbids it by itself."""

    name: str
    without: str
    program: str = ""                    # the file of tests/functions/attack; "" = `name`
    event: dict = dataclasses.field(default_factory=dict)
    memory: int = 128
    timeout: int = 20
    internet: bool = True
    calls: int = 1
    crowd: int = 0                       # so many more of it run meanwhile, whose event says "crowd"
    floods: bool = False                 # succeeds when the server's directory grows beyond what it may hold
    provable: Callable[[], bool] = lambda: True  # whether this machine can show the attack succeed
    custom: bool = False                 # the program is a custom runtime
    outlives: bool = False               # succeeds when a process named so lives on after the answer
    tries: int = 1                       # until it succeeds without its defence
    services: tuple = ()                 # in each of which it is deployed and invoked, one after another
    visitor: bool = False                # by a program that instance exec lets in, beside an idle function

    @property
    def source(self):
        return self.program or self.name


def _reach(name, target, port=world.PORT, without="firewall", **more):
    return Attack(name, without, "connect", {"target": target, "port": port}, **more)


def _custom(name, without, way, **more):
    return Attack(name, without, "custom", {"way": way, "size": 48 << 20}, memory=512, custom=True, **more)


def _visitor(name, without, program, **more):
    return Attack(f"exec_{name}", without, program, visitor=True, **more)


def _has_capability(number):
    """Whether the root of this machine has it."""
    line = next(line for line in open("/proc/self/status") if line.startswith("CapEff:"))
    return int(line.split()[1], 16) >> number & 1 == 1


def _many_descriptors():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 150_000


def _many_watches():
    with open("/proc/sys/fs/epoll/max_user_watches") as file:
        return int(file.read()) > 1_000_000


def _much_for_tcp():
    """Whether the kernel lets connections have much memory in all."""
    with open("/proc/sys/net/ipv4/tcp_mem") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") > 600 << 20


def _idle_processors():
    """Whether there are two processors that nobody else uses at the moment."""
    def idle():
        return int(open("/proc/stat").readline().split()[4])
    before = idle()
    time.sleep(0.5)
    return (idle() - before) / os.sysconf("SC_CLK_TCK") / 0.5 > 1.8


ESCAPES = [
    Attack("ptrace_host", f"seccomp,pid_namespace,{ROOT}"),
    Attack("ptrace_sibling", "seccomp"),
    Attack("process_vm_readv", f"seccomp,pid_namespace,{ROOT}"),
    Attack("pidfd_getfd", f"seccomp,pid_namespace,{ROOT}"),
    Attack("kill_host", f"pid_namespace,{ROOT}"),
    Attack("host_processes", "pid_namespace"),
    Attack("environments", f"pid_namespace,{ROOT}"),
    Attack("proc_1_root", f"pid_namespace,{ROOT}"),
    Attack("neighbours_tmp", f"pid_namespace,{ROOT}"),
    Attack("proc_self_exe", f"mount_readonly,{ROOT}"),
    Attack("runtime_overwrite", f"mount_readonly,{ROOT}"),
    Attack("etc_link", f"mount_readonly,{ROOT}"),
    Attack("opt_link", f"mount_readonly,{ROOT}"),
    Attack("code_write", f"code_readonly,{ROOT}"),
    Attack("code_link", f"code_readonly,{ROOT}"),
    Attack("core_pattern", f"proc_mask,{ROOT}"),
    Attack("overcommit", f"proc_mask,{ROOT}"),
    Attack("sysrq", f"proc_mask,{ROOT}"),
    Attack("proc_cmdline", "proc_mask"),
    Attack("host_file", f"host_root,{ROOT}", event={"path": "{canaryFile}"}),
    Attack("server_files", f"host_root,{ROOT}", "host_file", {"path": "{serverFile}"}),
    Attack("neighbours_code", f"host_root,{ROOT}", "host_file", {"path": "{neighbourCode}"}),
    Attack("inotify_host", f"host_root,{ROOT}"),
    Attack("host_socket", f"host_root,{ROOT}"),
    Attack("leaked_descriptors", "fd_closing"),
    Attack("setns_inherited", "seccomp,capabilities,fd_closing"),
    Attack("set_user_id", "no_new_privs,nosuid"),
    Attack("mknod", "capabilities,nosuid"),
    Attack("mount", "seccomp,capabilities"),
    Attack("umount", "seccomp,capabilities"),
    Attack("pivot_root", "seccomp,capabilities"),
    Attack("open_tree", "seccomp,capabilities"),
    Attack("fsopen", "seccomp,capabilities"),
    Attack("chroot", "seccomp,capabilities"),
    Attack("unshare", "seccomp,capabilities"),
    Attack("clone", "seccomp,capabilities"),
    Attack("clone3", "seccomp,capabilities"),
    Attack("clone_parent", "seccomp"),
    Attack("user_namespace", "seccomp"),
    Attack("user_namespace_mount", "seccomp"),
    Attack("release_agent", f"seccomp,cgroup_namespace,{ROOT}"),
    Attack("cgroup_procs", f"seccomp,cgroup_namespace,{ROOT}"),
    Attack("open_by_handle_at", "seccomp,capabilities"),
    Attack("add_key", "seccomp"),
    Attack("keyctl", "seccomp"),
    Attack("bpf", "seccomp,capabilities"),
    Attack("perf_event_open", "seccomp,capabilities"),
    Attack("userfaultfd", "seccomp,capabilities"),
    Attack("io_uring", "seccomp"),
    Attack("kexec", "seccomp,capabilities"),
    Attack("init_module", "seccomp,capabilities"),
    Attack("iopl", "seccomp,capabilities"),
    Attack("fanotify", "seccomp,capabilities"),
    Attack("modify_ldt", "seccomp"),
    Attack("personality", "seccomp"),
    Attack("kernel_log", "seccomp,capabilities"),
    Attack("tiocsti", "seccomp,capabilities"),
    Attack("raw_socket", "capabilities"),
    Attack("packet_socket", "seccomp,capabilities"),
    Attack("vsock", "seccomp"),
    Attack("memfd_exec", "seccomp"),
    Attack("af_alg", "seccomp"),
    Attack("route_change", "capabilities"),
    Attack("abstract_socket", "net_namespace"),
    Attack("system_v", "ipc_namespace"),
    Attack("core_dump", "core_limit"),
    Attack("priority", "capabilities"),
    Attack("raise_limits", "capabilities", provable=lambda: _has_capability(SYS_RESOURCE)),
    Attack("kill_all", f"pid_namespace,{ROOT}"),
    Attack("proc_stat", "proc_mask"),
    Attack("share_link", "share_links", services=("whole", "part")),
    Attack("share_parent_link", "share_links", "share_link", {"parent": True}, services=("whole", "part")),
    Attack("proc_counts", "proc_mask"),
    Attack("inotify_usr", "seccomp"),
    Attack("oom_score", "capabilities", event={"lasting": _has_capability(SYS_RESOURCE)},
           provable=lambda: _has_capability(SYS_RESOURCE)),
    Attack("attach_filter", "seccomp"),
    Attack("own_filter", "seccomp"),
    Attack("cached_pages", ""),  # newer kernels ask for the right to write; the filter for none
    _visitor("mount", "seccomp,capabilities", "mount"),
    _visitor("processes", "pid_namespace", "host_processes"),
    _visitor("file", f"host_root,{ROOT}", "host_file", event={"path": "{canaryFile}"}),
    _visitor("descriptors", "fd_closing", "leaked_descriptors"),
    _visitor("code", f"code_readonly,{ROOT}", "code_write"),
    _visitor("network", "net_namespace", "connect", internet=False,
             event={"target": world.PUBLIC, "port": world.PORT}),
    _visitor("fork_bomb", "pids_limit", "fork_bomb", memory=2048),
]

FLOODS = [
    Attack("fork_bomb", "pids_limit", memory=2048),
    Attack("thread_bomb", "pids_limit", memory=1024),
    Attack("memory_bomb", "memory_limit", event={"bytes": 512 << 20}),
    Attack("tmp_fill", "tmp_limit", memory=1536),
    Attack("inode_fill", "tmp_limit", memory=1024),
    Attack("directory_bomb", "tmp_limit", memory=1024),
    Attack("descriptors", "nofile_limit", memory=512, provable=_many_descriptors),
    Attack("mlock", "memory_limit"),
    Attack("cpu_spin", "cpu_limit", tries=4, provable=_idle_processors),
    Attack("stdout_flood", "maxLogBytes: 1000000000", floods=True),
    Attack("huge_pages", "seccomp", provable=world.huge_pages),
    Attack("aio", "seccomp"),
    Attack("tcp_buffers", "memory_limit", provable=_much_for_tcp),
    Attack("huge_response", "maxEventBytes: 100000000", memory=512),
    Attack("slow_response", "timeout: 20", timeout=1),
    _custom("custom_slow_head", "timeout: 20", "slow_head", timeout=1),
    _custom("custom_slow_body", "timeout: 20", "slow_body", timeout=1),
    _custom("custom_interim", "timeout: 20", "interim", timeout=1),
    _custom("custom_huge_body", "maxEventBytes: 100000000", "huge_body"),
    _custom("custom_huge_head", "size: 100000", "huge_head"),
    Attack("outlives", "timeout: 20", timeout=1, outlives=True),
    Attack("negative_dentries", "memory_limit,proc_mask", timeout=60),
    Attack("epoll_watches", "memory_limit", timeout=60, provable=_many_watches),
    Attack("epoll_nest", ""),
    Attack("background", "freezeAfter: 3600000", calls=2),
]

NETWORK = [
    _reach("metadata", "169.254.169.254"),
    _reach("alibaba_metadata", "100.100.100.200"),
    _reach("private_10", "10.1.2.3"),
    _reach("private_172", "172.16.9.9"),
    _reach("private_192", "192.168.5.5"),
    _reach("host_port", world.HOST),
    _reach("other_instance", "{neighbourAddress}", 9100),
    Attack("gateway_port", "firewall,listen", "connect",
           {"target": "{gateway}", "port": "{apiPort}", "say": "GET / HTTP/1.0\r\n\r\n"}),
    Attack("gateway_ports", "firewall", timeout=60),
    Attack("api_port", "net_namespace", "connect",
           {"target": "127.0.0.1", "port": "{apiPort}", "say": "GET / HTTP/1.0\r\n\r\n"}),
    Attack("admin_port", "net_namespace", "connect",
           {"target": "127.0.0.1", "port": "{adminPort}", "say": "GET /metrics HTTP/1.0\r\n\r\n"}),
    Attack("names", "resolver_shares", crowd=10, tries=3),
    _reach("no_internet", world.PUBLIC, without="net_namespace", internet=False),
]

ATTACKS = ESCAPES + FLOODS + NETWORK
