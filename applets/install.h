/* install - links to this executable for each command */
#pragma once
struct call;

int install_links(struct call *c, const char *dir);
