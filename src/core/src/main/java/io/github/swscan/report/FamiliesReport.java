package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * Which models can be scanned.
 *
 * @param schemaVersion the version of this format
 * @param families by the {@code model_type} of config.json
 * @param multimodal the {@code model_type} of models of which the text model is scanned
 * @param ggufArchitectures the {@code general.architecture} of GGUF files
 */
public record FamiliesReport(
        String schemaVersion, Tool tool, List<Family> families, List<String> multimodal, List<String> ggufArchitectures)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.0";

    /**
     * A family.
     *
     * @param name the {@code model_type}
     * @param comparedWith what its numbers were compared with
     * @param blocks what its blocks are, in a sentence
     * @param checkpoints some public checkpoints of it, as {@code ORGANIZATION/NAME}
     */
    public record Family(String name, Optional<String> comparedWith, String blocks, List<String> checkpoints) {}
}
