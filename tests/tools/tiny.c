/* All that a container of the tests needs: to answer on ports, and to try others.
 *
 *   tiny serve PORT...       answer on every port until told to end
 *   tiny reach HOST PORT     say `open`, `refused` or `silent`
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int number) { _exit(number == SIGTERM ? 0 : 1); }

static struct sockaddr_in address(const char *host, const char *port) {
    struct sockaddr_in found = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    inet_pton(AF_INET, host, &found.sin_addr);
    return found;
}

static int serve(int n_ports, char **ports) {
    struct pollfd listening[16] = {0};
    if (n_ports > 16) return 2;
    signal(SIGTERM, end);
    for (int i = 0; i < n_ports; i++) {
        struct sockaddr_in here = address("0.0.0.0", ports[i]);
        int yes = 1, one = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(one, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (bind(one, (struct sockaddr *)&here, sizeof here) || listen(one, 16)) return 3;
        listening[i] = (struct pollfd){.fd = one, .events = POLLIN};
    }
    puts("serving");
    fflush(stdout);
    for (;;) {
        poll(listening, n_ports, -1);
        for (int i = 0; i < n_ports; i++)
            if (listening[i].revents) close(accept(listening[i].fd, NULL, NULL));
    }
}

static const char *reach(const char *host, const char *port) {
    struct sockaddr_in there = address(host, port);
    struct pollfd waiting = {.fd = socket(AF_INET, SOCK_STREAM, 0), .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    fcntl(waiting.fd, F_SETFL, O_NONBLOCK);
    if (connect(waiting.fd, (struct sockaddr *)&there, sizeof there) && errno != EINPROGRESS)
        return "refused";
    if (poll(&waiting, 1, 2000) == 0) return "silent";
    getsockopt(waiting.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error ? "refused" : "open";
}

int main(int n_words, char **words) {
    if (n_words > 2 && !strcmp(words[1], "serve")) return serve(n_words - 2, words + 2);
    if (n_words == 4 && !strcmp(words[1], "reach")) return puts(reach(words[2], words[3])) < 0;
    return 2;
}
