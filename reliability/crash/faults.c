/* Preloaded into a command: has its disk fail, and its clock jump.
 *
 * MIEN_FAULT_UNDER   only files whose path begins so fail, and never what is printed
 * MIEN_FAULT_CALLS   which calls: "write", "read" or "sync"
 * MIEN_FAULT_AFTER   how many of them succeed before
 * MIEN_FAULT_ERRNO   the error of all later ones
 * MIEN_FAULT_CLOCK   a file with the seconds that the wall clock is off; it may change at any time
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int done;

static int is_under(int descriptor) {
    const char *folder = getenv("MIEN_FAULT_UNDER");
    char link[64], path[4096];
    if (!folder || descriptor <= 2) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

static int fails(const char *call, int descriptor) {
    const char *calls = getenv("MIEN_FAULT_CALLS"), *after = getenv("MIEN_FAULT_AFTER");
    const char *number = getenv("MIEN_FAULT_ERRNO");
    if (!calls || !after || !number || strcmp(calls, call) || !is_under(descriptor)) return 0;
    if (__sync_fetch_and_add(&done, 1) < atoi(after)) return 0;
    errno = atoi(number);
    return 1;
}

#define FAILING(call, type, name, parameters, arguments, descriptor) \
    type name parameters { \
        int before = errno; \
        if (fails(call, descriptor)) return -1; \
        errno = before; \
        return REAL(name) arguments; \
    }

FAILING("write", ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size), fd)
FAILING("write", ssize_t, pwrite, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at), fd)
FAILING("write", ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at), fd)
FAILING("write", ssize_t, writev, (int fd, const struct iovec *data, int count), (fd, data, count), fd)
FAILING("read", ssize_t, read, (int fd, void *data, size_t size), (fd, data, size), fd)
FAILING("read", ssize_t, pread, (int fd, void *data, size_t size, off_t at), (fd, data, size, at), fd)
FAILING("read", ssize_t, pread64, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at), fd)
FAILING("sync", int, fsync, (int fd), (fd), fd)
FAILING("sync", int, fdatasync, (int fd), (fd), fd)

static long clock_offset(void) {
    const char *name = getenv("MIEN_FAULT_CLOCK");
    char text[32] = "";
    if (!name) return 0;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = REAL(read)(file, text, sizeof text - 1);
    close(file);
    return length > 0 ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int status = REAL(clock_gettime)(clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += clock_offset();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int status = REAL(gettimeofday)(now, zone);
    if (status == 0) now->tv_sec += clock_offset();
    return status;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
