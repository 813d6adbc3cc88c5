package io.github.swscan.scan;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.InputException;
import io.github.swscan.report.InspectionReport;
import io.github.swscan.text.tokenizer.ConvertedTokenizer;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells what a checkpoint is: from a name to a report. Reads headers only. */
public final class Inspection {

    private final OpenModel model;
    private final Set<String> used;

    private Inspection(OpenModel model) {
        this.model = model;
        this.used = Parameters.of(model.architecture()).keySet();
    }

    /**
     * Inspects a model; see {@link OpenModel#read}.
     *
     * @throws InputException if it cannot be used
     */
    public static InspectionReport of(String path, String config) {
        return OpenModel.read(path, config, model -> new Inspection(model).report());
    }

    private InspectionReport report() {
        Architecture architecture = model.architecture();
        Set<String> scales = model.scales();
        Set<String> coded = used.stream()
                .filter(name ->
                        model.checkpoint().find(name).orElseThrow().codes().isPresent())
                .map(Inspection::module)
                .collect(Collectors.toSet());
        long unused = model.checkpoint().tensors().keySet().stream()
                .filter(name -> !used.contains(name) && !scales.contains(name) && !coded.contains(module(name)))
                .count();
        return new InspectionReport(
                InspectionReport.SCHEMA_VERSION,
                Version.tool(),
                model.summary(),
                architecture.whole(),
                architecture.experts(),
                architecture.vocabularySize(),
                architecture.contextLength(),
                output(architecture),
                types(),
                tokenizer(),
                architecture.blocks().stream()
                        .flatMap(block -> block.feedForward().mlps().map(mlp -> downProjection(block, mlp)))
                        .toList(),
                architecture.layersWithoutMlp(),
                (int) unused,
                model.notes());
    }

    private static String output(Architecture architecture) {
        if (architecture.head().isPresent()) {
            return architecture.predictsMasked() ? "masked token" : "next token";
        }
        return architecture.sentenceEmbedding().isPresent() ? "embedding" : "hidden state";
    }

    /** What holds a weight's codes, scales and what is said of them: the linear map, or the weight itself. */
    private static String module(String tensor) {
        String known = tensor.replaceFirst("\\.weight\\..*$", ".weight");
        return known.substring(0, known.lastIndexOf('.') + 1);
    }

    private List<InspectionReport.Type> types() {
        return used.stream()
                .map(name -> model.checkpoint().find(name).orElseThrow())
                .sorted(Comparator.comparing(TensorInfo::dtype).thenComparing(TensorInfo::storedType))
                .collect(Collectors.groupingBy(TensorInfo::storedType, LinkedHashMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(type ->
                        new InspectionReport.Type(type.getKey(), type.getValue().intValue()))
                .toList();
    }

    private String tokenizer() {
        if (model.location().tokenizer().isPresent()) {
            return "tokenizer.json";
        }
        return model.tokenizerFolder()
                .map(folder -> refused(folder).orElseGet(() -> folder.files().stream()
                        .map(file -> file.getFileName().toString())
                        .collect(Collectors.joining(" and "))))
                .or(() -> model.ggufTokenizer().map(gguf -> refused(gguf).orElse("in the GGUF file")))
                .orElse("none (no files of a tokenizer)");
    }

    private static Optional<String> refused(ConvertedTokenizer tokenizer) {
        return tokenizer.refusal().map(refusal -> {
            String field =
                    refusal.field().isEmpty() ? refusal.file().getFileName().toString() : refusal.field();
            return "none (" + field + ": " + refusal.problem() + ")";
        });
    }

    private InspectionReport.DownProjection downProjection(Block block, Mlp mlp) {
        Linear down = mlp.down();
        TensorInfo tensor = model.checkpoint().find(down.weight()).orElseThrow();
        OptionalInt expert = mlp.expert();
        return new InspectionReport.DownProjection(
                block.layer(),
                expert.isPresent() ? Optional.of(expert.getAsInt()) : Optional.empty(),
                down.weight(),
                tensor.shape(),
                (down.stack().isPresent() ? "[expert, " : "[")
                        + switch (down.layout()) {
                            case OUTPUT_BY_INPUT -> "output, input]";
                            case INPUT_BY_OUTPUT -> "input, output]";
                        },
                tensor.storedType(),
                tensor.storedBytes());
    }
}
