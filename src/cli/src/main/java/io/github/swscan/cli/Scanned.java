package io.github.swscan.cli;

import io.github.swscan.report.DetectionReport;

/** What a scan ends with. */
record Scanned(int code, DetectionReport report) {}
