/*
 * Records what a process (and its children) does to the files below a folder: each call that changes a file or a name, with its
 * data, and each sync, when it begins and when it has ended; and what it sends to its network peers, by their ports. Loaded with
 * LD_PRELOAD. POWER_LOSS_ROOT is the folder (a real path), POWER_LOSS_LOG the file that is appended to. events.ts reads it.
 *
 * A record is one write with O_APPEND, so that records stand in one order whatever the threads do: "begin" is written before the
 * call is made, "end" after it has returned. What cannot be recorded (a shared writable mapping, buffered files of the C library,
 * writing calls by number) is a record too. Calls that the C library makes of its own accord pass by unseen: whoever reads the
 * record compares the folder that follows from it with the one that is there (record.ts).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { WRITE = 1, TRUNCATE, SYNC, OPEN, RENAME, LINK, UNLINK, MKDIR, RMDIR, SYMLINK, SEND, UNRECORDABLE };
enum phase { BEGIN = 0, END = 1 };

struct head {
  uint32_t size; /* of the whole record */
  uint16_t kind, phase;
  uint64_t id; /* the same in both phases of a call */
  uint64_t ns; /* CLOCK_MONOTONIC */
  uint64_t dev, ino;
  int64_t a, b;
  int64_t result;
  uint32_t length[2]; /* of the texts or the data behind */
};

static char root[4096];
static size_t root_length;
static int log_fd = -1;
static _Atomic uint32_t calls;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static int (*real_open)(const char *, int, ...);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static long (*real_syscall)(long, ...);
static int (*real_mprotect)(void *, size_t, int);

__attribute__((constructor)) static void start(void) {
  real_write = REAL(write);
  real_writev = REAL(writev);
  real_sendmsg = REAL(sendmsg);
  real_open = REAL(open);
  real_fsync = REAL(fsync);
  real_fdatasync = REAL(fdatasync);
  real_syscall = REAL(syscall);
  real_mprotect = REAL(mprotect);
  const char *folder = getenv("POWER_LOSS_ROOT"), *path = getenv("POWER_LOSS_LOG");
  if (folder == NULL || path == NULL || strlen(folder) >= sizeof root) return;
  strcpy(root, folder);
  root_length = strlen(root);
  log_fd = real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int is_below(const char *path) {
  return log_fd >= 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == '\0');
}

static int path_of_fd(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return 1;
}

/* True when the file that is open lies below the folder, or did before its name was taken away. */
static int watches(int fd) {
  int before = errno;
  char path[4096];
  int is = log_fd >= 0 && fd != log_fd && path_of_fd(fd, path, sizeof path) && is_below(path);
  errno = before;
  return is;
}

/* The path without symbolic links in its folders, as the last name in it stands there; false when it is none of ours. */
static int resolve(int folder, const char *path, char *found) {
  if (log_fd < 0 || path == NULL || path[0] == '\0') return 0;
  int before = errno;
  char joined[8200], parent[4200];
  if (path[0] == '/' || folder == AT_FDCWD) snprintf(joined, sizeof joined, "%s", path);
  else {
    char base[4096];
    if (!path_of_fd(folder, base, sizeof base)) return 0;
    snprintf(joined, sizeof joined, "%s/%s", base, path);
  }
  size_t length = strlen(joined);
  while (length > 1 && joined[length - 1] == '/') joined[--length] = '\0';
  char *slash = strrchr(joined, '/');
  const char *name = slash == NULL ? joined : slash + 1;
  int is = 0;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) is = realpath(joined, found) != NULL;
  else {
    char up[8200];
    if (slash == NULL) strcpy(up, ".");
    else if (slash == joined) strcpy(up, "/");
    else snprintf(up, sizeof up, "%.*s", (int)(slash - joined), joined);
    if (realpath(up, parent) != NULL) {
      snprintf(found, 8200, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, name);
      is = 1;
    }
  }
  errno = before;
  return is && is_below(found);
}

static uint64_t new_id(void) { return ((uint64_t)getpid() << 32) | atomic_fetch_add(&calls, 1); }

static void put(struct head *head, const struct iovec *texts, int count) {
  int before = errno;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  head->ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  size_t size = sizeof *head;
  for (int k = 0; k < count; k++) size += texts[k].iov_len;
  head->size = (uint32_t)size;
  struct iovec all[66];
  all[0] = (struct iovec){head, sizeof *head};
  if (count <= 65) {
    for (int k = 0; k < count; k++) all[k + 1] = texts[k];
    if (real_writev(log_fd, all, count + 1) != (ssize_t)size) abort(); /* a record with a gap would prove nothing */
  } else {
    char *joined = malloc(size), *at = joined + sizeof *head;
    if (joined == NULL) abort();
    memcpy(joined, head, sizeof *head);
    for (int k = 0; k < count; at += texts[k++].iov_len) memcpy(at, texts[k].iov_base, texts[k].iov_len);
    if (real_write(log_fd, joined, size) != (ssize_t)size) abort();
    free(joined);
  }
  errno = before;
}

static void identify(struct head *head, int fd) {
  int before = errno;
  struct stat found;
  if (fstat(fd, &found) == 0) {
    head->dev = found.st_dev;
    head->ino = found.st_ino;
  }
  errno = before;
}

/* Begins a call on an open file. */
static struct head on_file(enum kind kind, int fd, int64_t a, int64_t b) {
  struct head head = {.kind = kind, .phase = BEGIN, .id = new_id(), .a = a, .b = b};
  identify(&head, fd);
  return head;
}

static struct head on_names(enum kind kind, const char *one, const char *two, int64_t a) {
  struct head head = {.kind = kind, .phase = BEGIN, .id = new_id(), .a = a};
  struct iovec texts[2] = {{(void *)one, strlen(one)}, {(void *)(two == NULL ? "" : two), two == NULL ? 0 : strlen(two)}};
  head.length[0] = (uint32_t)texts[0].iov_len;
  head.length[1] = (uint32_t)texts[1].iov_len;
  put(&head, texts, 2);
  return head;
}

static void end(struct head *head, int64_t result) {
  head->phase = END;
  head->result = result;
  head->length[0] = head->length[1] = 0;
  put(head, NULL, 0);
}

static void unrecordable(const char *what) {
  if (log_fd >= 0) {
    struct head head = on_names(UNRECORDABLE, what, NULL, 0);
    end(&head, 0);
  }
}

/* Data. */

static void begin_write(struct head *head, const struct iovec *parts, int count) {
  size_t size = 0;
  for (int k = 0; k < count; k++) size += parts[k].iov_len;
  head->length[0] = (uint32_t)size;
  put(head, parts, count);
}

/* Where a write without a place of its own goes: the end of the file, or where the file was left. */
static int64_t place_of(int fd) {
  int before = errno;
  struct stat found;
  int flags = fcntl(fd, F_GETFL);
  int64_t place = (flags & O_APPEND) && fstat(fd, &found) == 0 ? found.st_size : lseek(fd, 0, SEEK_CUR);
  errno = before;
  return place;
}

static void end_write(struct head *head, int fd, ssize_t result, int is_placed) {
  if (!is_placed && result > 0) {
    int before = errno;
    head->a = lseek(fd, 0, SEEK_CUR) - result;
    errno = before;
  }
  end(head, result);
}

/* What goes to a network peer, by the peer's port: an answer is out from the moment that this begins. */
static void sends(int fd, size_t size) {
  if (log_fd < 0) return;
  int before = errno;
  struct sockaddr_storage peer;
  socklen_t length = sizeof peer;
  if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0) {
    int port = peer.ss_family == AF_INET    ? ntohs(((struct sockaddr_in *)&peer)->sin_port)
               : peer.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&peer)->sin6_port)
                                            : 0;
    struct head head = {.kind = SEND, .phase = BEGIN, .id = new_id(), .a = port, .b = (int64_t)size};
    if (port != 0) put(&head, NULL, 0);
  }
  errno = before;
}

static int is_socket(int fd) {
  int before = errno, type;
  socklen_t length = sizeof type;
  int is = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
  errno = before;
  return is;
}

ssize_t write(int fd, const void *bytes, size_t size) {
  if (real_write == NULL) return REAL(write)(fd, bytes, size);
  if (is_socket(fd)) sends(fd, size);
  if (!watches(fd)) return real_write(fd, bytes, size);
  struct head head = on_file(WRITE, fd, place_of(fd), 0);
  begin_write(&head, &(struct iovec){(void *)bytes, size}, 1);
  ssize_t result = real_write(fd, bytes, size);
  end_write(&head, fd, result, 0);
  return result;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (real_writev == NULL) return REAL(writev)(fd, parts, count);
  size_t size = 0;
  for (int k = 0; k < count; k++) size += parts[k].iov_len;
  if (is_socket(fd)) sends(fd, size);
  if (!watches(fd)) return real_writev(fd, parts, count);
  struct head head = on_file(WRITE, fd, place_of(fd), 0);
  begin_write(&head, parts, count);
  ssize_t result = real_writev(fd, parts, count);
  end_write(&head, fd, result, 0);
  return result;
}

#define PWRITE(name, offset_type)                                                  \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type offset) {       \
    if (!watches(fd)) return REAL(name)(fd, bytes, size, offset);                  \
    struct head head = on_file(WRITE, fd, offset, 0);                              \
    begin_write(&head, &(struct iovec){(void *)bytes, size}, 1);                   \
    ssize_t result = REAL(name)(fd, bytes, size, offset);                          \
    end_write(&head, fd, result, 1);                                               \
    return result;                                                                 \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, offset_type)                                                 \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type offset) { \
    if (!watches(fd)) return REAL(name)(fd, parts, count, offset);                 \
    struct head head = on_file(WRITE, fd, offset, 0);                              \
    begin_write(&head, parts, count);                                              \
    ssize_t result = REAL(name)(fd, parts, count, offset);                         \
    end_write(&head, fd, result, 1);                                               \
    return result;                                                                 \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define PWRITEV2(name, offset_type)                                                           \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type offset, int flags) { \
    if (watches(fd)) unrecordable(#name);                                                     \
    return REAL(name)(fd, parts, count, offset, flags);                                       \
  }
PWRITEV2(pwritev2, off_t)

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  size_t size = 0;
  for (size_t k = 0; k < message->msg_iovlen; k++) size += message->msg_iov[k].iov_len;
  sends(fd, size);
  return real_sendmsg(fd, message, flags);
}
ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  sends(fd, size);
  return REAL(sendto)(fd, bytes, size, flags, to, length);
}
ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  sends(fd, size);
  return REAL(send)(fd, bytes, size, flags);
}

/* What the kernel copied into the file, read back: a write whose data stands in its end. */
static void copied(int fd, int64_t place, ssize_t size) {
  if (size <= 0) return;
  char link[64], *bytes = malloc((size_t)size);
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int again = real_open(link, O_RDONLY | O_CLOEXEC);
  if (bytes == NULL || again < 0 || pread(again, bytes, (size_t)size, place) != size) unrecordable("a copy within the kernel");
  else {
    struct head head = on_file(WRITE, fd, place, 0);
    begin_write(&head, &(struct iovec){bytes, (size_t)size}, 1);
    end(&head, size);
  }
  if (again >= 0) close(again);
  free(bytes);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags) {
  int is = watches(to);
  int64_t place = !is ? 0 : to_at != NULL ? *to_at : place_of(to);
  ssize_t result = REAL(copy_file_range)(from, from_at, to, to_at, size, flags);
  if (is) copied(to, place, result);
  return result;
}
#define SENDFILE(name, offset_type)                                \
  ssize_t name(int to, int from, offset_type *from_at, size_t size) { \
    int is = watches(to);                                          \
    int64_t place = is ? place_of(to) : 0;                         \
    if (is_socket(to)) sends(to, size);                            \
    ssize_t result = REAL(name)(to, from, from_at, size);          \
    if (is) copied(to, place, result);                             \
    return result;                                                 \
  }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)
ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags) {
  if (watches(to)) unrecordable("splice");
  return REAL(splice)(from, from_at, to, to_at, size, flags);
}

#define FTRUNCATE(name, length_type)                       \
  int name(int fd, length_type length) {                   \
    if (!watches(fd)) return REAL(name)(fd, length);       \
    struct head head = on_file(TRUNCATE, fd, length, 0);   \
    put(&head, NULL, 0);                                   \
    int result = REAL(name)(fd, length);                   \
    end(&head, result);                                    \
    return result;                                         \
  }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)
#define TRUNCATE_PATH(name, length_type)                        \
  int name(const char *path, length_type length) {              \
    int fd = real_open(path, O_WRONLY | O_CLOEXEC);             \
    if (fd < 0) return -1;                                      \
    int result = ftruncate64(fd, length), before = errno;       \
    close(fd);                                                  \
    errno = before;                                             \
    return result;                                              \
  }
TRUNCATE_PATH(truncate, off_t)
TRUNCATE_PATH(truncate64, off64_t)

/* Room that is taken reads as zeros: a truncation to a greater length, as far as a reader can tell. */
static int64_t grown(int fd, int mode, int64_t offset, int64_t length) {
  struct stat found;
  if (mode != 0 && mode != FALLOC_FL_KEEP_SIZE) unrecordable("fallocate with a mode");
  if (mode != 0 || fstat(fd, &found) != 0 || found.st_size >= offset + length) return -1;
  return offset + length;
}
#define FALLOCATE(name, offset_type)                                      \
  int name(int fd, int mode, offset_type offset, offset_type length) {    \
    int64_t size = watches(fd) ? grown(fd, mode, offset, length) : -1;    \
    if (size < 0) return REAL(name)(fd, mode, offset, length);            \
    struct head head = on_file(TRUNCATE, fd, size, 0);                    \
    put(&head, NULL, 0);                                                  \
    int result = REAL(name)(fd, mode, offset, length);                    \
    end(&head, result);                                                   \
    return result;                                                        \
  }
FALLOCATE(fallocate, off_t)
FALLOCATE(fallocate64, off64_t)
#define POSIX_FALLOCATE(name, offset_type)                       \
  int name(int fd, offset_type offset, offset_type length) {     \
    int64_t size = watches(fd) ? grown(fd, 0, offset, length) : -1; \
    if (size < 0) return REAL(name)(fd, offset, length);         \
    struct head head = on_file(TRUNCATE, fd, size, 0);           \
    put(&head, NULL, 0);                                         \
    int result = REAL(name)(fd, offset, length);                 \
    end(&head, result == 0 ? 0 : -1);                            \
    return result;                                               \
  }
POSIX_FALLOCATE(posix_fallocate, off_t)
POSIX_FALLOCATE(posix_fallocate64, off64_t)

/* Syncs. */

int fsync(int fd) {
  if (!watches(fd)) return real_fsync(fd);
  struct head head = on_file(SYNC, fd, 0, 0);
  put(&head, NULL, 0);
  int result = real_fsync(fd);
  end(&head, result);
  return result;
}
int fdatasync(int fd) {
  if (!watches(fd)) return real_fdatasync(fd);
  struct head head = on_file(SYNC, fd, 1, 0);
  put(&head, NULL, 0);
  int result = real_fdatasync(fd);
  end(&head, result);
  return result;
}

/* Names. */

static int opened(int folder, const char *path, int flags, mode_t mode) {
  char found[8200];
  if (!resolve(folder, path, found) || ((flags & (O_CREAT | O_TRUNC)) == 0 && (flags & O_TMPFILE) != O_TMPFILE))
    return REAL(openat)(folder, path, flags, mode);
  if ((flags & O_TMPFILE) == O_TMPFILE) unrecordable("O_TMPFILE");
  struct stat before;
  int was_there = fstatat(folder, path, &before, 0) == 0;
  struct head head = on_names(OPEN, found, NULL, flags);
  int fd = REAL(openat)(folder, path, flags, mode);
  if (fd >= 0) identify(&head, fd);
  head.b = fd >= 0 && !was_there; /* it was made */
  head.a = (flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY && was_there && before.st_size > 0;
  end(&head, fd);
  return fd;
}
#define MODE_OF(flags)                                  \
  mode_t mode = 0;                                      \
  if ((flags) & (O_CREAT | O_TMPFILE)) {                \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode = va_arg(rest, mode_t);                        \
    va_end(rest);                                       \
  }
int open(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *path, int flags, ...) {
  MODE_OF(flags)
  if (log_fd < 0) return REAL(openat)(folder, path, flags, mode);
  return opened(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) { MODE_OF(flags) return opened(folder, path, flags | O_LARGEFILE, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static void buffered(const char *path, const char *mode) {
  char found[8200];
  if (strpbrk(mode, "wa+") != NULL && resolve(AT_FDCWD, path, found)) unrecordable("a buffered file of the C library");
}
FILE *fopen(const char *path, const char *mode) { buffered(path, mode); return REAL(fopen)(path, mode); }
FILE *fopen64(const char *path, const char *mode) { buffered(path, mode); return REAL(fopen64)(path, mode); }
FILE *fdopen(int fd, const char *mode) {
  if (strpbrk(mode, "wa+") != NULL && watches(fd)) unrecordable("a buffered file of the C library");
  return REAL(fdopen)(fd, mode);
}
static int temporary(int fd) {
  char path[4096];
  if (fd >= 0 && path_of_fd(fd, path, sizeof path) && is_below(path)) {
    struct head head = on_names(OPEN, path, NULL, O_CREAT);
    identify(&head, fd);
    head.b = 1;
    head.a = 0;
    end(&head, fd);
  }
  return fd;
}
int mkstemp(char *template) { return temporary(REAL(mkstemp)(template)); }
int mkstemp64(char *template) { return temporary(REAL(mkstemp64)(template)); }

static int renamed(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  char one[8200], two[8200];
  int is = resolve(from_folder, from, one), is_too = resolve(to_folder, to, two);
  if (is != is_too) unrecordable("a rename into or out of the folder");
  if (flags & ~(unsigned)RENAME_NOREPLACE) unrecordable("an exchange of names");
  if (!is || !is_too) return REAL(renameat2)(from_folder, from, to_folder, to, flags);
  struct head head = on_names(RENAME, one, two, 0);
  int result = REAL(renameat2)(from_folder, from, to_folder, to, flags);
  end(&head, result);
  return result;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) { return renamed(from_folder, from, to_folder, to, 0); }
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  if (log_fd < 0) return REAL(renameat2)(from_folder, from, to_folder, to, flags);
  return renamed(from_folder, from, to_folder, to, flags);
}
int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char one[8200], two[8200];
  int is = resolve(from_folder, from, one), is_too = resolve(to_folder, to, two);
  if (is_too && !is) unrecordable("a link from out of the folder");
  if (!is_too) return REAL(linkat)(from_folder, from, to_folder, to, flags);
  struct head head = on_names(LINK, one, two, 0);
  int result = REAL(linkat)(from_folder, from, to_folder, to, flags);
  end(&head, result);
  return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

#define ON_NAME(kind, folder, path, call)                 \
  char found[8200];                                       \
  if (!resolve(folder, path, found)) return call;         \
  struct head head = on_names(kind, found, NULL, 0);      \
  int result = call;                                      \
  end(&head, result);                                     \
  return result;
int unlink(const char *path) { ON_NAME(UNLINK, AT_FDCWD, path, REAL(unlink)(path)) }
int unlinkat(int folder, const char *path, int flags) {
  ON_NAME(flags & AT_REMOVEDIR ? RMDIR : UNLINK, folder, path, REAL(unlinkat)(folder, path, flags))
}
int remove(const char *path) {
  struct stat found;
  return lstat(path, &found) == 0 && S_ISDIR(found.st_mode) ? rmdir(path) : unlink(path);
}
int rmdir(const char *path) { ON_NAME(RMDIR, AT_FDCWD, path, REAL(rmdir)(path)) }
int mkdirat(int folder, const char *path, mode_t mode) {
  char found[8200];
  if (!resolve(folder, path, found)) return REAL(mkdirat)(folder, path, mode);
  struct head head = on_names(MKDIR, found, NULL, 0);
  int result = REAL(mkdirat)(folder, path, mode), before = errno;
  struct stat made;
  if (result == 0 && lstat(found, &made) == 0) {
    head.dev = made.st_dev;
    head.ino = made.st_ino;
  }
  errno = before;
  end(&head, result);
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
int symlink(const char *target, const char *path) {
  char found[8200];
  if (!resolve(AT_FDCWD, path, found)) return REAL(symlink)(target, path);
  struct head head = on_names(SYMLINK, found, target, 0);
  int result = REAL(symlink)(target, path);
  end(&head, result);
  return result;
}

/* Mappings: what is written through one is no call. */

#define MAPPINGS 64
static struct { _Atomic uintptr_t from; _Atomic uintptr_t to; } mappings[MAPPINGS]; /* shared, not writable yet, of a writable file */
static _Atomic int mapping_count;

static void mapped(void *at, size_t size, int protection, int flags, int fd) {
  int sharing = flags & MAP_TYPE;
  if (at == MAP_FAILED || (flags & MAP_ANONYMOUS) || (sharing != MAP_SHARED && sharing != MAP_SHARED_VALIDATE) || !watches(fd)) return;
  if (protection & PROT_WRITE) unrecordable("a shared writable mapping");
  else if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR) {
    int k = atomic_fetch_add(&mapping_count, 1);
    if (k >= MAPPINGS) unrecordable("too many shared mappings");
    else {
      mappings[k].from = (uintptr_t)at;
      mappings[k].to = (uintptr_t)at + size;
    }
  }
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  void *result = REAL(mmap)(at, size, protection, flags, fd, offset);
  mapped(result, size, protection, flags, fd);
  return result;
}
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset) {
  void *result = REAL(mmap64)(at, size, protection, flags, fd, offset);
  mapped(result, size, protection, flags, fd);
  return result;
}
int mprotect(void *at, size_t size, int protection) {
  int count = mapping_count < MAPPINGS ? mapping_count : MAPPINGS;
  for (int k = 0; (protection & PROT_WRITE) && k < count; k++)
    if ((uintptr_t)at < mappings[k].to && (uintptr_t)at + size > mappings[k].from) unrecordable("a shared writable mapping");
  return (real_mprotect == NULL ? REAL(mprotect) : real_mprotect)(at, size, protection);
}

/* Calls by number: libuv copies files so, and would set up an io_uring. */

long syscall(long number, ...) {
  long word[6];
  va_list rest;
  va_start(rest, number);
  for (int k = 0; k < 6; k++) word[k] = va_arg(rest, long);
  va_end(rest);
  if (real_syscall == NULL) real_syscall = REAL(syscall);
  if (log_fd >= 0) {
    switch (number) {
      case SYS_copy_file_range:
        return copy_file_range((int)word[0], (off64_t *)word[1], (int)word[2], (off64_t *)word[3], (size_t)word[4], (unsigned)word[5]);
      case SYS_renameat2:
        return renamed((int)word[0], (const char *)word[1], (int)word[2], (const char *)word[3], (unsigned)word[4]);
      case SYS_io_uring_setup: /* as a kernel without it: what goes through a ring is no call */
        errno = ENOSYS;
        return -1;
      case SYS_write: case SYS_writev: case SYS_pwrite64: case SYS_pwritev: case SYS_pwritev2: case SYS_ftruncate: case SYS_fallocate:
        if (watches((int)word[0])) unrecordable("a writing call by its number");
        break;
      case SYS_open: case SYS_openat: case SYS_openat2: case SYS_creat: case SYS_rename: case SYS_renameat: case SYS_link: case SYS_linkat:
      case SYS_unlink: case SYS_unlinkat: case SYS_mkdir: case SYS_mkdirat: case SYS_rmdir: case SYS_truncate:
        unrecordable("a call on names by its number");
        break;
      default:
        break;
    }
  }
  return real_syscall(number, word[0], word[1], word[2], word[3], word[4], word[5]);
}
