#include "runtime/host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/auto.h"
#include "test/unit/test.h"

#if defined(__SANITIZE_ADDRESS__)
#define FILTERED 0
#else
#define FILTERED 1
#endif

static const uint64_t memory = (uint64_t)128 * 1024 * 1024;

/* Runs FN in a sandbox that keeps FD; its wait(2) status. */
static int run(int (*fn)(int fd), int fd)
{
	const struct sandbox box = { &fd, 1, memory };
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (sandbox_enter(&box, NULL) < 0)
			_exit(99);
		_exit(fn(fd));
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

static int may_write(int fd)
{
	return write(fd, "x", 1) == 1 ? 0 : 1;
}

static int has_no_other_descriptor(int fd)
{
	char c;

	for (int i = 0; i < 64; i++)
		if (i != fd && (read(i, &c, 0) != -1 || errno != EBADF))
			return 1;
	return 0;
}

static int is_limited(int fd)
{
	(void)fd;
	/* a reference to it must stay: else the compiler knows the answer */
	void *volatile much = malloc(2 * memory), *volatile some = malloc(memory / 4);

	return !much && some ? 0 : 1;
}

static int opens(int fd)
{
	AUTO(fd) int dir = openat(fd, ".", O_RDONLY | O_CLOEXEC);

	return dir < 0;
}

static int forks(int fd)
{
	(void)fd;
	return fork() < 0;
}

static int makes_code(int fd)
{
	(void)fd;
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return code == MAP_FAILED;
}

static int signals(int fd)
{
	(void)fd;
	return kill(getppid(), 0) < 0;
}

TEST(sandbox_lets_a_process_write_and_allocate)
{
	int ends[2];

	if (!CHECK(!pipe2(ends, O_CLOEXEC)))
		return;
	AUTO(fd) int from = ends[0], to = ends[1];
	CHECK_INT(run(may_write, to), 0);
	CHECK_INT(run(has_no_other_descriptor, to), 0);
	CHECK_INT(run(has_no_other_descriptor, from), 0);
	if (FILTERED)
		CHECK_INT(run(is_limited, to), 0);
}

TEST(sandbox_kills_what_does_more)
{
	static const struct {
		const char *name;
		int (*fn)(int fd);
	} row[] = { { "open", opens }, { "fork", forks }, { "code", makes_code }, { "kill", signals } };

	if (!FILTERED) {
		test_skip("no filter under sanitizers");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		int status = run(row[i].fn, test_dir());

		CHECK_ROW(row[i].name, WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	}
}
