package io.github.swscan.cli.screen;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.scan.OpenModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code swscan inspect} prints. */
public final class InspectionScreen {

    private final Screen screen;

    public InspectionScreen(Screen screen) {
        this.screen = screen;
    }

    /** Shows a model whose headers have been read. */
    public void print(OpenModel model) {
        Architecture architecture = model.architecture();
        Map<String, List<Long>> used = Parameters.of(architecture);
        screen.value("model", model.model().toString());
        screen.value("family", architecture.family());
        architecture
                .whole()
                .ifPresent(whole -> screen.value("part of", whole + ", of which only the text model is read"));
        screen.value("layers", Integer.toString(architecture.layers()));
        screen.value("hidden", architecture.hiddenSize() + " channels in the residual stream");
        screen.value("MLP", architecture.intermediateSize() + " intermediate channels");
        if (architecture.experts() > 0) {
            screen.value("experts", architecture.experts() + " in a layer");
        }
        screen.value("vocabulary", Numbers.grouped(architecture.vocabularySize()));
        screen.value("context", Numbers.grouped(architecture.contextLength()) + " tokens");
        screen.value("parameters", Numbers.grouped(model.size().parameters()));
        screen.value("types", types(model, used));
        screen.value("tokenizer", tokenizer(model));
        screen.blank();
        files(model);
        if (!model.notes().isEmpty()) {
            screen.blank();
            model.notes().forEach(screen::text);
        }
        screen.blank();
        downProjections(model);
        Set<String> scales = model.scales();
        long unused = model.checkpoint().tensors().keySet().stream()
                .filter(name -> !used.containsKey(name) && !scales.contains(name))
                .count();
        if (unused > 0) {
            screen.blank();
            screen.text(unused + " tensors of the files are not part of what is computed");
        }
        screen.flush();
    }

    private static String types(OpenModel model, Map<String, List<Long>> used) {
        return used.keySet().stream()
                .map(name -> model.checkpoint().find(name).orElseThrow())
                .collect(Collectors.groupingBy(TensorInfo::dtype, TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(type -> type.getKey() + " (" + type.getValue() + " tensors)")
                .collect(Collectors.joining(", "));
    }

    private static String tokenizer(OpenModel model) {
        if (model.location().tokenizer().isPresent()) {
            return "tokenizer.json";
        }
        return model.ggufTokenizer()
                .map(gguf -> gguf.refusal()
                        .map(refusal -> "none (" + refusal.field() + ": " + refusal.problem() + ")")
                        .orElse("in the GGUF file"))
                .orElse("none (no tokenizer.json)");
    }

    private void files(OpenModel model) {
        List<Object[]> rows = model.checkpoint().files().stream()
                .map((CheckpointFile file) -> new Object[] {file.name(), Numbers.grouped(file.bytes())})
                .toList();
        screen.table(List.of(left("file"), right("bytes")), rows);
    }

    /** One line for each down projection; in mixtures one for all experts of a layer that look alike. */
    private void downProjections(OpenModel model) {
        List<Object[]> rows = new ArrayList<>();
        for (Block block : model.architecture().blocks()) {
            Map<List<Object>, List<Mlp>> alike = block.feedForward()
                    .mlps()
                    .collect(Collectors.groupingBy(mlp -> look(model, mlp), LinkedHashMap::new, Collectors.toList()));
            alike.forEach((look, mlps) -> {
                List<Object> row = new ArrayList<>();
                row.add(block.layer());
                row.add(experts(mlps));
                row.add(mlps.get(0).down().weight());
                row.addAll(look.subList(1, look.size()));
                rows.add(row.toArray());
            });
        }
        screen.table(
                List.of(
                        right("layer"),
                        left("expert").visible(model.architecture().experts() > 0),
                        left("down projection"),
                        left("shape"),
                        left("layout"),
                        left("type"),
                        right("size")),
                rows);
    }

    /** Whether it is a routed expert, and then what is shown of its down projection. */
    private static List<Object> look(OpenModel model, Mlp mlp) {
        Linear down = mlp.down();
        TensorInfo tensor = model.checkpoint().find(down.weight()).orElseThrow();
        return List.of(
                mlp.expert().isPresent(),
                tensor.shape(),
                (down.stack().isPresent() ? "[expert, " : "[")
                        + switch (down.layout()) {
                            case OUTPUT_BY_INPUT -> "output, input]";
                            case INPUT_BY_OUTPUT -> "input, output]";
                        },
                tensor.dtype(),
                Numbers.bytes(tensor.bytes()));
    }

    private static String experts(List<Mlp> mlps) {
        OptionalInt first = mlps.get(0).expert();
        if (first.isEmpty()) {
            return "";
        }
        OptionalInt last = mlps.get(mlps.size() - 1).expert();
        return mlps.size() == 1 ? Integer.toString(first.getAsInt()) : first.getAsInt() + " to " + last.getAsInt();
    }
}
