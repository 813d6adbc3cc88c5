package io.github.swscan.report;

/**
 * Stands in for the {@link DetectionReport} or {@link InspectionReport} of a model that could not be read, where several were to be.
 *
 * @param schemaVersion that of the report it stands in for
 */
public record FailedScan(String schemaVersion, Tool tool, Model model, Failure error) implements ReportDocument {

    /**
     * Which model.
     *
     * @param path as the user gave it
     */
    public record Model(String path) {}

    /**
     * Why.
     *
     * @param exitCode what a scan of this model alone would have ended with
     * @param message one line
     */
    public record Failure(int exitCode, String message) {}
}
