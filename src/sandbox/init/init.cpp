// Process 1 of a sandbox: waits for one start message on descriptor 3, starts the program, reaps
// every orphan, and ends with the program's status; the kernel then kills whatever else lives in
// the sandbox. A message without arguments says that the program is a zygote's copy: init then only
// reaps, until it is killed. It stands without any library, so that an idle sandbox costs a few
// pages. The message's form is in docs/launcher-protocol.md.

#include "sandbox/raw_syscall.h"

#include <fcntl.h>
#include <sys/syscall.h>

namespace {

using openfc::sandbox::addressOf;
using openfc::sandbox::rawCall;
using openfc::sandbox::Word;

constexpr int outputFd = 2;
constexpr int controlFd = 3;
constexpr Word maximumMessage = 1UL << 20;
constexpr unsigned maximumStrings = 8192;

// Never touched pages of these cost nothing.
char message[maximumMessage];
char* pointers[maximumStrings + 3];

[[noreturn]] void quit(int status) {
  for (;;) rawCall(SYS_exit_group, static_cast<Word>(status));
}

struct ErrorText {
  int error;
  const char* text;
};

constexpr ErrorText errorTexts[] = {
    {2, "no such file or directory"}, {7, "argument list too long"}, {8, "exec format error"},
    {12, "cannot allocate memory"},   {13, "permission denied"},     {20, "not a directory"},
    {21, "is a directory"},           {26, "text file busy"},        {36, "file name too long"},
    {40, "too many symbolic links"},
};

const char* textOf(int error) {
  for (const ErrorText& row : errorTexts) {
    if (row.error == error) return row.text;
  }
  return "error";
}

/// One line, written with one call so that it is not mixed with others.
class Line {
public:
  Line& add(const char* text) {
    while (*text != '\0' && size_ < sizeof(bytes_) - 1) bytes_[size_++] = *text++;
    return *this;
  }
  Line& add(int number) {
    char digits[12];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    while (count > 0 && size_ < sizeof(bytes_) - 1) bytes_[size_++] = digits[--count];
    return *this;
  }
  void write() {
    bytes_[size_++] = '\n';
    rawCall(SYS_write, outputFd, addressOf(bytes_), size_);
  }

private:
  char bytes_[512];
  Word size_ = 0;
};

[[noreturn]] void complain(const char* what) {
  Line().add("start message: ").add(what).write();
  quit(125);
}

/// False: the server closed the socket before it sent anything.
bool readExactly(char* to, Word size) {
  Word have = 0;
  while (have < size) {
    const long got = rawCall(SYS_read, controlFd, addressOf(to + have), size - have);
    if (got == -4) continue;  // EINTR
    if (got <= 0 && have == 0) return false;
    if (got <= 0) complain("cut off");
    have += static_cast<Word>(got);
  }
  return true;
}

unsigned numberAt(const char* bytes) {
  unsigned value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

struct Program {
  const char* cwd;
  char** argv;  // empty: somebody else makes the process
  char** environment;
};

/// Points into `message`: cwd, then argc strings, then envc strings.
Program readProgram() {
  char head[12] = {};
  if (!readExactly(head, sizeof(head))) quit(0);
  const Word size = numberAt(head);
  const unsigned argc = numberAt(head + 4);
  const unsigned envc = numberAt(head + 8);
  if (size < 8 || size - 8 >= maximumMessage) complain("too long");
  if (argc > maximumStrings || envc > maximumStrings - argc) complain("too many strings");
  const Word textSize = size - 8;
  if (textSize > 0 && !readExactly(message, textSize)) complain("cut off");

  Word at = 0;
  for (unsigned i = 0; i < argc + envc + 1; ++i) {
    // The arguments and the environment each end with a null pointer; the pages begin as zeros.
    char** place = i <= argc ? pointers + i : pointers + i + 1;
    *place = message + at;
    while (at < textSize && message[at] != '\0') ++at;
    if (at >= textSize) complain("cut off");
    ++at;
  }
  if (at != textSize) complain("too long");
  return {message, pointers + 1, pointers + argc + 2};
}

[[noreturn]] void execute(const Program& program) {
  if (program.cwd[0] != '\0') {
    const long result = rawCall(SYS_chdir, addressOf(program.cwd));
    if (result < 0) {
      const int error = static_cast<int>(-result);
      Line()
          .add("chdir ")
          .add(program.cwd)
          .add(": ")
          .add(textOf(error))
          .add(" (")
          .add(error)
          .add(")")
          .write();
      quit(127);
    }
  }
  const long result = rawCall(SYS_execve, addressOf(program.argv[0]),
                              addressOf(static_cast<const void*>(program.argv)),
                              addressOf(static_cast<const void*>(program.environment)));
  const int error = static_cast<int>(-result);
  Line()
      .add("exec ")
      .add(program.argv[0])
      .add(": ")
      .add(textOf(error))
      .add(" (")
      .add(error)
      .add(")")
      .write();
  quit(error == 2 ? 127 : 126);
}

/// Orphans that end between two of these are reaped by the second; init has no child of its own.
[[noreturn]] void reapForEver() {
  // Blocked, so that it is there for the next wait when it comes in between.
  constexpr Word childEnds = 1UL << (17 - 1);  // SIGCHLD
  rawCall(SYS_rt_sigprocmask, 0, addressOf(&childEnds), 0, sizeof(childEnds));
  for (;;) {
    while (rawCall(SYS_wait4, static_cast<Word>(-1), 0, 1) > 0) continue;  // WNOHANG
    rawCall(SYS_rt_sigtimedwait, addressOf(&childEnds), 0, 0, sizeof(childEnds));
  }
}

/// The exit status of the main child, when its turn comes among all that are reaped.
int reapUntil(long child) {
  for (;;) {
    int status = 0;
    const long ended = rawCall(SYS_wait4, static_cast<Word>(-1), addressOf(&status));
    if (ended == -10) return 0;  // ECHILD
    if (ended != child) continue;
    const int signal = status & 0x7f;
    return signal == 0 ? status >> 8 & 0xff : 128 + signal;
  }
}

}  // namespace

// Compilers turn loops into calls of these.
extern "C" void* memset(void* to, int value, Word size) {
  auto* bytes = static_cast<volatile char*>(to);
  for (Word i = 0; i < size; ++i) bytes[i] = static_cast<char>(value);
  return to;
}

extern "C" void* memcpy(void* to, const void* from, Word size) {
  auto* target = static_cast<volatile char*>(to);
  const auto* source = static_cast<const char*>(from);
  for (Word i = 0; i < size; ++i) target[i] = source[i];
  return to;
}

// NOLINTBEGIN(readability-identifier-naming): the linker's name
#if defined(__x86_64__)
__attribute__((force_align_arg_pointer))  // the kernel's entry is no call
#endif
extern "C" [[noreturn]] void
_start() {
  // NOLINTEND(readability-identifier-naming)
  // Nobody in the sandbox may look into this process or take its descriptors.
  constexpr Word setDumpable = 4;
  rawCall(SYS_prctl, setDumpable, 0);
  const Program program = readProgram();
  if (program.argv[0] == nullptr) {
    rawCall(SYS_close, controlFd);
    reapForEver();
  }
  // vfork: the child runs on this stack until it has executed the program, and never returns into
  // this frame.
  constexpr Word vfork = 0x100 | 0x4000 | 17;  // CLONE_VM | CLONE_VFORK | SIGCHLD
  const long child = rawCall(SYS_clone, vfork);
  if (child == 0) execute(program);
  if (child < 0) {
    Line()
        .add("fork: ")
        .add(textOf(static_cast<int>(-child)))
        .add(" (")
        .add(static_cast<int>(-child))
        .add(")")
        .write();
    quit(126);
  }
  rawCall(SYS_close, controlFd);
  quit(reapUntil(child));
}
