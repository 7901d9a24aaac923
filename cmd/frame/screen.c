/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

#define OPEN "\033[?1049h\033[?25l\033[2J"
#define CLOSE "\033[?25h\033[?1049l"

static struct {
	struct termios was;
	volatile sig_atomic_t open, end;
} screen;

bool cmd_screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

/* Both are called from handlers too. */
static void enter(void)
{
	struct termios raw = screen.was;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	vmm_write_fd(STDOUT_FILENO, OPEN, strlen(OPEN));
}

static void leave(void)
{
	vmm_write_fd(STDOUT_FILENO, CLOSE, strlen(CLOSE));
	tcsetattr(STDIN_FILENO, TCSANOW, &screen.was);
}

void cmd_screen_close(void)
{
	if (!screen.open)
		return;
	screen.open = 0;
	leave();
}

static void ended(int sig)
{
	(void)sig;
	screen.end = 1;
}

/* A bug: its signal is raised again, as it was meant, at the return. SA_RESETHAND has taken the handler away. */
static void died(int sig)
{
	cmd_screen_close();
	raise(sig);
}

static void stopped(int sig)
{
	int saved = errno;

	if (screen.open)
		leave();
	(void)sig;
	raise(SIGSTOP); /* until SIGCONT */
	if (screen.open)
		enter();
	errno = saved;
}

static void resized(int sig)
{
	(void)sig; /* it ends the wait for a key */
}

static void catch (int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

int cmd_screen_open(struct vmm_err *err)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int bugs[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };

	if (tcgetattr(STDIN_FILENO, &screen.was) < 0)
		return vmm_err_errno(err, "cannot use the terminal");
	atexit(cmd_screen_close);
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		catch (ends[i], ended, 0);
	for (size_t i = 0; i < sizeof(bugs) / sizeof(*bugs); i++)
		catch (bugs[i], died, (int)SA_RESETHAND);
	catch (SIGTSTP, stopped, 0);
	catch (SIGWINCH, resized, 0);
	screen.open = 1;
	enter();
	return 0;
}

void cmd_screen_size(unsigned *width, unsigned *height)
{
	struct winsize ws;
	bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 && ws.ws_row > 0;

	*width = known ? ws.ws_col : 80;
	*height = known ? ws.ws_row : 24;
}

int cmd_screen_key(uint64_t wait_ms)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char key;
	int n;

	if (screen.end)
		return CMD_SCREEN_END;
	n = poll(&fd, 1, (int)wait_ms);
	if (screen.end)
		return CMD_SCREEN_END;
	if (n <= 0)
		return CMD_SCREEN_NOTHING;
	do {
		n = (int)read(STDIN_FILENO, &key, 1);
	} while (n < 0 && errno == EINTR && !screen.end);
	return n == 1 ? key : CMD_SCREEN_END;
}

/* One write, so that nothing flickers; the rest of each line and of the screen is wiped. */
void cmd_screen_paint(const struct vmm_buf *text)
{
	VMM_BUF_AUTO b = VMM_BUF_INIT;

	vmm_buf_adds(&b, "\033[H");
	for (const char *s = text->data; *s; s++) {
		if (*s != '\n')
			vmm_buf_addc(&b, *s);
		else if (s[1])
			vmm_buf_adds(&b, "\033[K\r\n");
	}
	vmm_buf_adds(&b, "\033[K\033[J");
	if (!b.failed && vmm_write_fd(STDOUT_FILENO, b.data, b.len) < 0)
		screen.end = 1;
}
