package io.github.swscan.report;

import java.util.List;
import java.util.Optional;

/**
 * What the headers of a checkpoint tell. Layers and experts count from 0.
 *
 * @param schemaVersion the version of this format
 * @param partOf the {@code model_type} of the whole model, where only the text model of it is read
 * @param experts in a layer; 0 if the model is no mixture
 * @param output what effects are measured on: {@code next token}, {@code masked token}, or without a language-modelling head
 *     {@code embedding} of a text or {@code hidden state}
 * @param types the types of the tensors that are read
 * @param tokenizer where it is, or why there is none
 * @param layersWithoutMlp the layers that have no down projection
 * @param unusedTensors how many tensors of the files are not part of what is computed
 */
public record InspectionReport(
        String schemaVersion,
        Tool tool,
        ModelSummary model,
        Optional<String> partOf,
        int experts,
        int vocabularySize,
        int contextLength,
        String output,
        List<Type> types,
        String tokenizer,
        List<DownProjection> downProjections,
        List<Integer> layersWithoutMlp,
        int unusedTensors,
        List<String> notes)
        implements ReportDocument {

    public static final String SCHEMA_VERSION = "1.0";

    /** How many tensors have a type. */
    public record Type(String dtype, int tensors) {}

    /**
     * Where super weights are looked for.
     *
     * @param expert of a mixture; empty for the only MLP of a layer, and for experts that every token goes through
     * @param shape as stored
     * @param layout what the dimensions of the shape are: {@code [output, input]} for instance
     */
    public record DownProjection(
            int layer,
            Optional<Integer> expert,
            String tensor,
            List<Long> shape,
            String layout,
            String dtype,
            long bytes) {}
}
