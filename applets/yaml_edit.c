#include "applets/yaml_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "applets/stdin_yaml.h"
#include "core/at.h"

/* ---- the editor */

static bool is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	char file[4096];

	for (; path && *path; path += strcspn(path, ":") + (path[strcspn(path, ":")] == ':'))
		if (str_fmt(file, sizeof file, "%.*s/%s", (int)strcspn(path, ":"), path, name) >= 0 && !access(file, X_OK))
			return true;
	return false;
}

static const char *find_editor(void)
{
	static const char fallback[][8] = { "editor", "vi", "emacs", "nano" };
	const char *name = getenv("VISUAL");

	if (!name || !*name)
		name = getenv("EDITOR");
	if (name && *name)
		return name;
	for (size_t i = 0; i < ARRAY_SIZE(fallback); i++)
		if (is_in_path(fallback[i]))
			return fallback[i];
	return NULL;
}

static int run_editor(struct call *c, const char *file)
{
	const char *editor = find_editor();
	const char *command = editor ? arena_fmt(c->arena, "%s \"$1\"", editor) : NULL;
	int status;
	pid_t pid;

	if (!command)
		return err_set(c->err, -ENOENT, "No text editor found, please set the EDITOR environment variable");
	pid = fork();
	if (pid < 0)
		return err_sys(c->err, "fork");
	if (!pid) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, "sh", file, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(c->err, "editor");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return err_set(c->err, -EIO, "the editor (%s) failed, nothing was changed", editor);
	return 0;
}

/* ---- the file in between */

static int write_file(const struct buf *text, char *path, size_t size, struct err *e)
{
	const char *dir = getenv("TMPDIR");
	int r = str_fmt(path, size, "%s/lxd_editor_XXXXXX.yaml", dir && *dir ? dir : "/tmp");

	if (r < 0)
		return err_code(e, r, "TMPDIR");
	AUTO(fd) int fd = mkostemps(path, 5, O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "%s", path);
	if ((r = fd_write(fd, text->s, text->len)) < 0)
		return err_code(e, r, "%s", path);
	return 0;
}

/* Editors replace files: it is opened anew. */
static int read_file(const char *path, struct buf *text, struct err *e)
{
	AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? err_sys(e, "%s", path) : fd_read(fd, DOCUMENT_LIMIT, text, e);
}

static void compose(const struct yaml_edit *edit, struct buf *text)
{
	for (const char *s = edit->comment; *s;) {
		size_t n = strcspn(s, "\n");

		buf_addf(text, n ? "### %.*s\n" : "###%.*s\n", (int)n, s);
		s += n + (s[n] == '\n');
	}
	buf_addch(text, '\n');
	doc_write_yaml(edit->now, text);
}

static void ask_again(struct call *c)
{
	char ch;

	call_say(c, "Config parsing error: %s", c->err->text);
	*c->err = ERR_NONE;
	buf_addstr(c->out, "Press enter to open the editor again or ctrl+c to abort change\n");
	call_flush(c);
	while (read(STDIN_FILENO, &ch, 1) == 1 && ch != '\n')
		;
}

static int edit_file(struct call *c, const struct yaml_edit *edit, const char *path, const struct buf *before)
{
	for (;;) {
		AUTO(buf) struct buf text = BUF_NONE;
		struct doc *to;
		int r = run_editor(c, path);

		if (r < 0 || (r = read_file(path, &text, c->err)) < 0)
			return r;
		if (text.len == before->len && !memcmp(text.s, before->s, text.len))
			return 0;
		if (doc_read_yaml(c->arena, edit->what, text.s, text.len, &to, c->err) >= 0 && edit->apply(c, edit->ctx, to) >= 0)
			return 0;
		ask_again(c);
	}
}

int yaml_edit(struct call *c, const struct yaml_edit *edit)
{
	AUTO(buf) struct buf before = BUF_NONE;
	char path[4096];
	struct doc *to;
	int r;

	if (!call_is_terminal(STDIN_FILENO)) {
		r = stdin_document(c, edit->what, &to);
		return r < 0 ? r : edit->apply(c, edit->ctx, to);
	}
	compose(edit, &before);
	if ((r = write_file(&before, path, sizeof path, c->err)) < 0)
		return r;
	r = edit_file(c, edit, path, &before);
	unlink(path);
	return r;
}
