# Stand-ins for the images of deploy/monitoring, from Debian's packages: the same programs at
# the same paths, the same accounts, folders and entry points.
ARG BASE
FROM ${BASE} AS programs

# Busybox is what the official images stand on; health checks call its `wget`.
RUN --mount=type=bind,source=deploy/images/install-packages.sh,target=/tmp/install-packages \
    --mount=type=secret,id=apt_sources --mount=type=secret,id=extra_ca \
    /tmp/install-packages busybox prometheus prometheus-alertmanager \
        prometheus-blackbox-exporter prometheus-nginx-exporter prometheus-node-exporter \
        prometheus-postgres-exporter \
    && for program in alertmanager blackbox-exporter node-exporter postgres-exporter; do \
        ln -s "/usr/bin/prometheus-$program" "/bin/$(echo $program | tr - _)" || exit 1; \
    done \
    && ln -s prometheus-nginx-exporter /usr/bin/nginx-prometheus-exporter \
    && ln -s busybox /bin/wget \
    && rm -rf /etc/prometheus /var/lib/prometheus \
    && install -d -o nobody -g nogroup /etc/prometheus /etc/alertmanager \
        /etc/blackbox_exporter /prometheus /alertmanager

FROM programs AS prometheus
USER nobody
WORKDIR /prometheus
VOLUME /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]

FROM programs AS alertmanager
USER nobody
WORKDIR /alertmanager
VOLUME /alertmanager
EXPOSE 9093
ENTRYPOINT ["/bin/alertmanager"]
CMD ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"]

FROM programs AS node-exporter
USER nobody
EXPOSE 9100
ENTRYPOINT ["/bin/node_exporter"]

FROM programs AS postgres-exporter
USER nobody
EXPOSE 9187
ENTRYPOINT ["/bin/postgres_exporter"]

FROM programs AS blackbox-exporter
EXPOSE 9115
ENTRYPOINT ["/bin/blackbox_exporter"]
CMD ["--config.file=/etc/blackbox_exporter/config.yml"]

FROM programs AS nginx-exporter
USER 1001:1001
EXPOSE 9113
ENTRYPOINT ["/usr/bin/nginx-prometheus-exporter"]

FROM ${BASE} AS rsyslog
RUN --mount=type=bind,source=deploy/images/install-packages.sh,target=/tmp/install-packages \
    --mount=type=secret,id=apt_sources --mount=type=secret,id=extra_ca \
    /tmp/install-packages rsyslog \
    && install -d -o nobody -g nogroup -m 700 /var/log/mchub
ENTRYPOINT ["/usr/sbin/rsyslogd"]
CMD ["-n", "-iNONE"]
