package io.github.swscan.scan;

import static java.util.Objects.requireNonNull;

import io.github.swscan.input.InputException;
import io.github.swscan.input.MalformedInputException;
import io.github.swscan.input.UnsupportedInputException;
import io.github.swscan.policy.BaselineComparison;
import io.github.swscan.policy.Policy;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.json.JsonReportReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/** Reports that were written before. */
public final class StoredReport {

    private StoredReport() {}

    /**
     * That of a detection or an ablation.
     *
     * @throws InputException if the file is none
     */
    public static ReportDocument read(Path file) {
        requireFile(file);
        ReportDocument report = JsonReportReader.any(file)
                .orElseThrow(() -> new MalformedInputException(
                        file, "", "is no JSON report of a detection or an ablation", "name one that swscan wrote"));
        requirePath(file, model(report).path());
        return report;
    }

    private static ModelSummary model(ReportDocument report) {
        return report instanceof AblationReport ablation ? ablation.model() : ((DetectionReport) report).model();
    }

    /** Some formats tell where the model lies from where the program runs. */
    private static void requirePath(Path file, String model) {
        try {
            requireNonNull(Path.of(model));
        } catch (InvalidPathException e) {
            throw new MalformedInputException(
                    file, "model.path", "is no path of a file", "name a report that swscan wrote", e);
        }
    }

    /**
     * What a model is held against.
     *
     * @return empty if that is nothing
     * @throws InputException if it is no report that tells anything
     */
    static Optional<DetectionReport> baseline(BaselineRequest request) {
        return Optional.of(request.report())
                .filter(path -> !path.isEmpty())
                .map(Path::of)
                .map(StoredReport::baseline);
    }

    private static DetectionReport baseline(Path file) {
        return detection(file, "name one with --baseline");
    }

    /**
     * That of a detection that came to an end.
     *
     * @throws InputException if the file is none
     */
    static DetectionReport detection(Path file) {
        return detection(file, "name one with --report");
    }

    private static DetectionReport detection(Path file, String remedy) {
        requireFile(file);
        return JsonReportReader.any(file)
                .filter(DetectionReport.class::isInstance)
                .map(DetectionReport.class::cast)
                .filter(report -> !report.brokeDown() && !report.holdsUnsafePickle())
                .orElseThrow(() -> new MalformedInputException(
                        file, "", "is no report of a detection that came to an end", remedy));
    }

    /**
     * A report, held against a baseline and to a policy.
     *
     * @throws InputException if the baseline is about another model
     */
    public static DetectionReport heldTo(DetectionReport report, Policy policy, BaselineRequest baseline) {
        return heldTo(report, policy, baseline, baseline(baseline));
    }

    static DetectionReport heldTo(
            DetectionReport report, Policy policy, BaselineRequest request, Optional<DetectionReport> baseline) {
        return policy.applied(
                baseline.map(before -> compared(report, request, before)).orElse(report));
    }

    private static DetectionReport compared(DetectionReport report, BaselineRequest request, DetectionReport before) {
        if (report.holdsUnsafePickle()) {
            return report;
        }
        BaselineComparison.difference(before, report).ifPresent(difference -> {
            throw new UnsupportedInputException(
                    Path.of(request.report()), "", difference, "name a report of this model with --baseline");
        });
        return report.brokeDown()
                ? report
                : report.with(BaselineComparison.of(request.report(), before, report, request.tolerance()));
    }

    private static void requireFile(Path file) {
        try {
            if (Files.readAttributes(file, BasicFileAttributes.class).isDirectory()) {
                throw new MalformedInputException(file, "", "is a folder, not a file", "name a report");
            }
        } catch (IOException e) {
            throw InputException.unreadable(file, e);
        }
    }
}
