// Package faulttest makes file system calls of a program under test fail: an error,
// a short write or a delay, at the nth call of a kind, on files of some name. The
// program is any binary, unchanged: tests run themselves again, and the crash test
// runs the engine.
//
// A [Layer] in the test decides, and the kernel asks it: the program starts through
// [Enter], which installs a seccomp filter that notifies the layer of the calls in
// [Calls] and lets all others pass. LD_PRELOAD does not reach Go programs, which make
// system calls without the C library. The injection of strace counts the calls of
// each thread on its own, of which a Go program has many, and cannot write short; this
// counts over all threads, and its faults change while the program runs.
//
// It needs Linux 5.19 or later, and no privileges. Programs that a program starts
// belong to the same layer. It must never be part of the engine.
package faulttest
