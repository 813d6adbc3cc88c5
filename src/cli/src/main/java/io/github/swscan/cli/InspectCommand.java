package io.github.swscan.cli;

import static io.github.swscan.cli.screen.Screen.left;
import static io.github.swscan.cli.screen.Screen.right;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.cli.option.ModelArguments;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.Version;
import io.github.swscan.cli.screen.Numbers;
import io.github.swscan.cli.screen.Screen;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan inspect}. */
@Command(
        name = "inspect",
        description =
                "Shows what a checkpoint is: family, shapes, types, sizes and down projections. Reads headers only.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class InspectCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Mixin
    private ModelArguments modelArguments;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        String shown = modelArguments.read(this::description);
        if (!output.quiet()) {
            PrintWriter out = command.commandLine().getOut();
            out.print(shown);
            out.flush();
        }
        return ExitCode.DONE;
    }

    private String description(ModelArguments.OpenModel model) {
        StringWriter description = new StringWriter();
        print(model, new Screen(new PrintWriter(description), output.ansi()));
        return description.toString();
    }

    private static void print(ModelArguments.OpenModel model, Screen screen) {
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
        files(model, screen);
        if (!model.notes().isEmpty()) {
            screen.blank();
            model.notes().forEach(screen::text);
        }
        screen.blank();
        downProjections(model, screen);
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

    private static String types(ModelArguments.OpenModel model, Map<String, List<Long>> used) {
        return used.keySet().stream()
                .map(name -> model.checkpoint().find(name).orElseThrow())
                .collect(Collectors.groupingBy(TensorInfo::dtype, TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(type -> type.getKey() + " (" + type.getValue() + " tensors)")
                .collect(Collectors.joining(", "));
    }

    private static String tokenizer(ModelArguments.OpenModel model) {
        if (model.location().tokenizer().isPresent()) {
            return "tokenizer.json";
        }
        return model.ggufTokenizer()
                .map(gguf -> gguf.refusal()
                        .map(refusal -> "none (" + refusal.field() + ": " + refusal.problem() + ")")
                        .orElse("in the GGUF file"))
                .orElse("none (no tokenizer.json)");
    }

    private static void files(ModelArguments.OpenModel model, Screen screen) {
        List<Object[]> rows = model.checkpoint().files().stream()
                .map((CheckpointFile file) -> new Object[] {file.name(), Numbers.grouped(file.bytes())})
                .toList();
        screen.table(List.of(left("file"), right("bytes")), rows);
    }

    /** One line for each down projection; in mixtures one for all experts of a layer that look alike. */
    private static void downProjections(ModelArguments.OpenModel model, Screen screen) {
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
    private static List<Object> look(ModelArguments.OpenModel model, Mlp mlp) {
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
