// Preloaded into a program by tests: a clock that is wrong, a file system without locks, a disk that is slow.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double value_of(const char* name) {
  const char* text = getenv(name);
  return text == NULL ? 0 : atof(text);
}

static void take_time(double seconds) {
  struct timespec wait = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&wait, NULL);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  static int (*real)(clockid_t, struct timespec*);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec += (time_t)value_of("BAD_DAY_CLOCK_SECONDS");
  return result;
}

int flock(int descriptor, int operation) {
  static int (*real)(int, int);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "flock");
  if (getenv("BAD_DAY_NO_LOCKS") == NULL) return real(descriptor, operation);
  errno = ENOLCK;
  return -1;
}

int fsync(int descriptor) {
  static int (*real)(int);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "fsync");
  take_time(value_of("BAD_DAY_SYNC_SECONDS"));
  return real(descriptor);
}

ssize_t pread(int descriptor, void* bytes, size_t count, off_t offset) {
  static ssize_t (*real)(int, void*, size_t, off_t);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "pread");
  // Large reads only: the many small ones of a layout would take all day.
  if (count >= 1 << 20) take_time(value_of("BAD_DAY_READ_SECONDS"));
  return real(descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void* bytes, size_t count, off64_t offset) {
  return pread(descriptor, bytes, count, offset);
}
