package io.github.swscan.scan;

import io.github.swscan.report.KnownReport;
import io.github.swscan.report.ModelSummary;
import java.util.List;

/**
 * What is known of a model once the headers of its files have been read, and single weights.
 *
 * @param experts in a layer; 0 if the model is no mixture
 * @param bytes what the tensors that the model reads take in the files
 * @param mixed whether the type that the summary tells is not that of as good as all of them
 * @param published what is published of super weights of models of its family and shape
 */
public record ModelHeader(
        ModelSummary summary, int experts, long bytes, boolean mixed, List<KnownReport.Model> published) {}
