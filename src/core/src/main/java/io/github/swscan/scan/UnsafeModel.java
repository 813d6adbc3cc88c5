package io.github.swscan.scan;

import io.github.swscan.detect.DetectionReporter;
import io.github.swscan.input.UnsafePickleException;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ModelSummary;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** The report of a model that was not read, for a file of its weights wants to run code. */
final class UnsafeModel {

    private static final String NONE = "none";

    private UnsafeModel() {}

    static DetectionReport report(DetectionRequest request, UnsafePickleException unsafe) {
        Path name = unsafe.file().getFileName();
        String file = (name == null ? unsafe.file() : name).toString();
        return new DetectionReport(
                DetectionReport.SCHEMA_VERSION,
                Version.tool(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                new ModelSummary(
                        request.model(),
                        "unknown",
                        0,
                        0,
                        0,
                        0,
                        NONE,
                        Optional.empty(),
                        List.of(),
                        List.of(new ModelSummary.Unsafe(file, unsafe.name(), unsafe.offset()))),
                new DetectionReport.Run(NONE, NONE, NONE, NONE, 0, 0, 0, 0, 0, Optional.empty()),
                DetectionReporter.settings(request.rules()),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                List.of(),
                new DetectionReport.UntestedSpikes(0, List.of()),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(unsafe.getMessage()));
    }
}
