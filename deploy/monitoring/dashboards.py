"""The dashboards: operations, GPUs, capacity, business and security.

`python -m deploy.monitoring.dashboards` writes them into ``grafana/dashboards``. One test
holds what lies there against this file, another asks a live Prometheus every question.
"""

import json
import sys
from pathlib import Path
from typing import Final

from deploy.monitoring.panels import Board, in_grafana, number, series, table

__all__ = ["BOARDS", "FOLDER", "main", "text_of"]

FOLDER: Final = Path(__file__).parent / "grafana" / "dashboards"

OPERATIONS: Final = Board(
    name="operations",
    title="operations",
    text="Whether the platform works, and how fast.",
    panels=(
        number("Hubs that answer", 'sum(up{job="hub"})'),
        number("Proxy", 'sum(up{job="proxy"})'),
        number("Database", "max(pg_up)"),
        number("Public address", 'min(probe_success{job="public"})'),
        number("Last check", "mchub_synthetic_success", text="1: a notebook ran."),
        number("Servers", "mchub:servers"),
        number(
            "Alerts", 'count(ALERTS{alertstate="firing", severity!="none"}) or vector(0)'
        ),
        number("Release", "count by (release) (mchub_info)"),
        number("Oldest backup", "max(mchub:backup_age_seconds)", unit="s", needs="backup"),
        number("Certificate", "min(mchub:certificate_days_left)", unit="d", needs="front"),
        number("Meter behind", "time() - mchub_meter_timestamp_seconds", unit="s"),
        number("Queue", "mchub_queue_length"),
        series(
            "Requests to the hub", ("mchub:hub_requests:rate5m", "{{code}}"), unit="reqps"
        ),
        series(
            "Requests through the proxy",
            ('sum by (status) (rate(requests_proxy{job="proxy"}[5m]))', "{{status}}"),
            unit="reqps",
        ),
        series(
            "Errors",
            ("mchub:hub_error_ratio:rate5m", "hub"),
            ("mchub:proxy_error_ratio:rate5m", "proxy"),
            unit="percentunit",
        ),
        series(
            "Answers of the hub, 95 % within",
            ("mchub:hub_request_seconds:p95", "hub"),
            ('probe_duration_seconds{job="public"}', "{{instance}}"),
            unit="s",
        ),
        series(
            "Starts within",
            ("mchub:spawn_seconds:p50", "half"),
            ("mchub:spawn_seconds:p95", "95 %"),
            unit="s",
        ),
        series(
            "Starts by how they ended",
            ("sum by (status) (increase(mchub:starts[1h]))", "{{status}}"),
        ),
        series(
            "Steps of the last check",
            ("mchub_synthetic_step_seconds", "{{step}}"),
            unit="s",
        ),
        series(
            "Event loop of the hub, 99 % within",
            ("mchub:event_loop_seconds:p99", "hub"),
            unit="s",
        ),
        series(
            "Connections to the database",
            ('sum by (state) (pg_stat_activity_count{datname="mchub"})', "{{state}}"),
        ),
        series("Processors busy", ("mchub:cpu_busy_ratio", "host"), unit="percentunit"),
        series("Memory in use", ("mchub:memory_used_ratio", "host"), unit="percentunit"),
        series(
            "Disks in use", ("mchub:disk_used_ratio", "{{mountpoint}}"), unit="percentunit"
        ),
        series("Parts", ("up", "{{job}} {{instance}}"), width=12),
        series(
            "Services last asked the hub",
            ("time() - mchub_service_asked_timestamp_seconds", "{{service}}"),
            unit="s",
            width=12,
        ),
        series(
            "Copies of the database behind",
            ("pg_replication_lag_seconds", "{{instance}}"),
            unit="s",
            needs="pair",
        ),
        series(
            "Connections at the front",
            ("nginx_connections_active", "active"),
            needs="front",
        ),
        series(
            "Age of backups",
            ("mchub:backup_age_seconds", "{{what}} {{repository}}"),
            unit="s",
            needs="backup",
        ),
    ),
)

GPUS: Final = Board(
    name="gpus",
    title="GPUs",
    text="Cards, leases and the queue. A card that is away is absent here, not idle.",
    panels=(
        number("Cards that answer", "mchub_gpus"),
        number("Cards that settings name", "count(mchub_gpu_present)"),
        number("Leased of the share", "mchub:gpu_leased_ratio", unit="percentunit"),
        number("Leases", "sum(mchub_leases) or vector(0)"),
        number("Waiting", "mchub_queue_length"),
        number("Waiting longest", "mchub_queue_longest_seconds", unit="s"),
        series("There", ("mchub_gpu_present", "{{gpu}}")),
        series(
            "Leased",
            ("mchub_gpu_leased", "{{gpu}}"),
            ("mchub_gpu_share", "share of {{gpu}}"),
            unit="percentunit",
        ),
        series("Queue", ("mchub_queue_length", "waiting")),
        series(
            "Use",
            ("mchub_gpu_utilization_ratio", "{{gpu}}"),
            unit="percentunit",
            needs="gpu",
        ),
        series(
            "Memory",
            ("mchub_gpu_memory_used_bytes", "{{gpu}}"),
            ("mchub_gpu_memory_total_bytes", "all of {{gpu}}"),
            unit="bytes",
            needs="gpu",
        ),
        series(
            "Temperature",
            ("mchub_gpu_temperature_celsius", "{{gpu}}"),
            unit="celsius",
            needs="gpu",
        ),
        series("Power", ("mchub_gpu_power_watts", "{{gpu}}"), unit="watt", needs="gpu"),
        series(
            "Errors that could not be corrected",
            ("mchub_gpu_uncorrected_errors", "{{gpu}}"),
            needs="gpu",
        ),
        series(
            "Trials per second",
            ("mchub:mclib_trials_per_second", "{{user}} {{engine}}"),
            text="Of mclib's runs, by user and engine.",
        ),
    ),
)

CAPACITY: Final = Board(
    name="capacity",
    title="capacity",
    text="How much is left, and until when it lasts.",
    panels=(
        number(
            "Servers of those that may run", "mchub:servers_used_ratio", unit="percentunit"
        ),
        number(
            "Memory promised to servers",
            "mchub:server_memory_promised_ratio",
            unit="percentunit",
        ),
        number("Memory in use", "mchub:memory_used_ratio", unit="percentunit"),
        number("GPUs leased", "mchub:gpu_leased_ratio", unit="percentunit"),
        number("Fullest disk", "max(mchub:disk_used_ratio)", unit="percentunit"),
        number("Files of users", "sum(mchub_storage_bytes) or vector(0)", unit="bytes"),
        series("Most servers in an hour", ("max_over_time(mchub:servers[1h])", "servers")),
        series(
            "Disk in two weeks, as it goes",
            (
                "predict_linear(node_filesystem_avail_bytes[6h], 14 * 86400)",
                "{{mountpoint}}",
            ),
            unit="bytes",
        ),
        series(
            "Memory of servers by user",
            ("sum by (user) (mchub_server_memory_bytes)", "{{user}}"),
            unit="bytes",
        ),
        series(
            "Processors of servers by user",
            ("sum by (user) (rate(mchub_server_cpu_seconds_total[2m]))", "{{user}}"),
        ),
        series("Servers by profile", ("mchub_servers", "{{profile}}")),
        series(
            "Load",
            ("node_load5", "5 minutes"),
            ("count(node_cpu_seconds_total{mode='idle'})", "processors"),
        ),
        series(
            "Size of the database",
            ('pg_database_size_bytes{datname="mchub"}', "mchub"),
            unit="bytes",
        ),
        series(
            "Copies that are kept",
            ("mchub_backup_copies", "{{what}} {{repository}}"),
            needs="backup",
        ),
        table("Largest homes", "topk(20, mchub_storage_bytes)", unit="bytes"),
        table("Budgets most used", "topk(20, mchub_budget_used_ratio)", unit="percentunit"),
    ),
)

BUSINESS: Final = Board(
    name="business",
    title="business",
    text="Who works here, how much, and what it costs.",
    panels=(
        number("Analysts, a day", 'mchub_active_analysts{window="1d"}'),
        number("Analysts, a week", 'mchub_active_analysts{window="7d"}'),
        number("Analysts, a month", 'mchub_active_analysts{window="30d"}'),
        number("Users", "count(count by (user) (mchub_user_group))"),
        number("Cost, a day", 'sum(mchub:cost{window="1d"})', unit="none"),
        number("Cost, a month", 'sum(mchub:cost{window="30d"})', unit="none"),
        series("Active analysts", ("mchub_active_analysts", "{{window}}")),
        series(
            "GPU hours of a day by group",
            ('mchub:hours_by_group{resource="gpu_hours", window="1d"}', "{{group}}"),
            unit="h",
        ),
        series(
            "Processor hours of a day by group",
            ('mchub:hours_by_group{resource="cpu_hours", window="1d"}', "{{group}}"),
            unit="h",
        ),
        series("Cost of a day", ('mchub:cost{window="1d"}', "{{currency}}"), unit="none"),
        series(
            "Runs of mclib",
            ("sum by (engine) (increase(mchub_mclib_runs_total[1h]))", "{{engine}}"),
        ),
        series(
            "Trials, an hour",
            ("sum by (engine) (increase(mchub_mclib_trials_total[1h]))", "{{engine}}"),
        ),
        table(
            "Hours of the month by user",
            'topk(50, mchub_used_hours{window="30d"})',
            unit="h",
        ),
        table(
            "Hours of the month by group", 'mchub:hours_by_group{window="30d"}', unit="h"
        ),
    ),
)

SECURITY: Final = Board(
    name="security",
    title="security",
    text="Who was refused what. The audit log says who it was.",
    panels=(
        number(
            "Sign-ins that failed, a day",
            'sum(increase(mchub_audit_events_total{action="sign-in", outcome!="ok"}[1d]))',
        ),
        number(
            "Refusals, a day",
            'sum(increase(mchub_audit_events_total{outcome="refused"}[1d]))',
        ),
        number(
            "Docker requests denied, a day",
            "sum(increase(mchub:docker_denied[1d])) or vector(0)",
        ),
        number(
            "Broken content rules, a day",
            "sum(increase(jupyterhub_csp_reports_total[1d])) or vector(0)",
            text="Pages that asked for what their headers forbid.",
        ),
        number(
            "Audit records lost", "sum(mchub_docker_policy_audit_lost_total) or vector(0)"
        ),
        number("Clock off by", "abs(node_timex_offset_seconds)", unit="s"),
        series(
            "Sign-ins",
            ("sum by (outcome) (increase(mchub:sign_ins[1h]))", "{{outcome}}"),
        ),
        series(
            "What was refused",
            ("sum by (action) (increase(mchub:refusals[1h]))", "{{action}}"),
        ),
        series(
            "Docker requests",
            (
                "sum by (outcome) (rate(mchub_docker_policy_requests_total[5m]))",
                "{{outcome}}",
            ),
            unit="reqps",
        ),
        series(
            "Acts recorded",
            ("sum by (action) (increase(mchub_audit_events_total[1h]))", "{{action}}"),
            width=12,
        ),
        series(
            "Answers 401 and 403 of the hub",
            ('sum(mchub:hub_requests:rate5m{code=~"401|403"}) or vector(0)', "refused"),
            unit="reqps",
            width=12,
        ),
    ),
)

BOARDS: Final = (OPERATIONS, GPUS, CAPACITY, BUSINESS, SECURITY)


def text_of(board: Board) -> str:
    """A board as its file holds it."""
    return json.dumps(in_grafana(board), indent=2) + "\n"


def main() -> int:
    """Write all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for board in BOARDS:
        (FOLDER / f"{board.name}.json").write_text(text_of(board), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
