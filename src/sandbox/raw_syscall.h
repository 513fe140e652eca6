#pragma once

/// System calls without the C library: for code that has no thread of its own in the library's eyes
/// (init, and a child that still uses the launcher's memory), where errno would be somebody else's.
namespace openfc::sandbox {

using Word = unsigned long;

#if defined(__x86_64__)
/// The result, or the negative error number.
inline __attribute__((always_inline)) long rawCall(long number, Word a = 0, Word b = 0, Word c = 0,
                                                   Word d = 0, Word e = 0) {
  long result;
  register Word r10 __asm__("r10") = d;
  register Word r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
inline __attribute__((always_inline)) long rawCall(long number, Word a = 0, Word b = 0, Word c = 0,
                                                   Word d = 0, Word e = 0) {
  register long x8 __asm__("x8") = number;
  register Word x0 __asm__("x0") = a;
  register Word x1 __asm__("x1") = b;
  register Word x2 __asm__("x2") = c;
  register Word x3 __asm__("x3") = d;
  register Word x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return static_cast<long>(x0);
}
#else
#error "sandboxes know x86-64 and aarch64"
#endif

inline Word addressOf(const void* pointer) { return reinterpret_cast<Word>(pointer); }

}  // namespace openfc::sandbox
