"""What the machine does while it trains, under the names by which MLflow shows system metrics.

Not here: peak memory of the training process, which is in its report.
"""

from typing import Any


class Machine:
    """Measures this machine; a share is over the time since the last measurement."""

    def __init__(self) -> None:
        from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
        from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
        from mlflow.system_metrics.metrics.network_monitor import NetworkMonitor

        self._monitors: list[Any] = [CPUMonitor(), DiskMonitor(), NetworkMonitor(), *_gpus()]
        self.measure()

    def measure(self) -> dict[str, float]:
        """Return {name: value}, such as `system/cpu_utilization_percentage`; of GPUs if there are any."""
        measured: dict[str, float] = {}
        for monitor in self._monitors:
            monitor.collect_metrics()
            measured |= {f"system/{name}": float(v) for name, v in monitor.aggregate_metrics().items()}
            monitor.clear_metrics()
        return measured


def _gpus() -> list[Any]:
    from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor

    try:
        return [GPUMonitor()]
    except Exception:  # whatever the missing driver or its package raises: no GPU to measure
        return []
