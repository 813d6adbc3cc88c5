package io.github.swscan.cli;

import static io.github.swscan.cli.Screen.left;
import static io.github.swscan.cli.Screen.right;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Parameters;
import io.github.swscan.checkpoint.CheckpointFile;
import io.github.swscan.checkpoint.TensorInfo;
import java.util.List;
import java.util.Map;
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
        ModelArguments.OpenModel model = modelArguments.open();
        if (!output.quiet()) {
            print(model, new Screen(command.commandLine().getOut(), output.ansi()));
        }
        return ExitCode.DONE;
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
        screen.value("vocabulary", Numbers.grouped(architecture.vocabularySize()));
        screen.value("context", Numbers.grouped(architecture.contextLength()) + " tokens");
        screen.value("parameters", Numbers.grouped(model.size().parameters()));
        screen.value("types", types(model, used));
        screen.value(
                "tokenizer", model.location().tokenizer().isPresent() ? "tokenizer.json" : "none (no tokenizer.json)");
        screen.blank();
        files(model, screen);
        screen.blank();
        downProjections(model, screen);
        long unused = model.checkpoint().tensors().keySet().stream()
                .filter(name -> !used.containsKey(name))
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

    private static void files(ModelArguments.OpenModel model, Screen screen) {
        List<Object[]> rows = model.checkpoint().files().stream()
                .map((CheckpointFile file) -> new Object[] {file.name(), Numbers.grouped(file.bytes())})
                .toList();
        screen.table(List.of(left("file"), right("bytes")), rows);
    }

    private static void downProjections(ModelArguments.OpenModel model, Screen screen) {
        List<Object[]> rows = model.architecture().blocks().stream()
                .flatMap(block -> block.feedForward().mlps().map(mlp -> {
                    Linear down = mlp.down();
                    TensorInfo tensor = model.checkpoint().find(down.weight()).orElseThrow();
                    return new Object[] {
                        block.layer(),
                        down.weight(),
                        tensor.shape(),
                        switch (down.layout()) {
                            case OUTPUT_BY_INPUT -> "[output, input]";
                            case INPUT_BY_OUTPUT -> "[input, output]";
                        },
                        tensor.dtype(),
                        Numbers.bytes(tensor.bytes())
                    };
                }))
                .toList();
        screen.table(
                List.of(
                        right("layer"),
                        left("down projection"),
                        left("shape"),
                        left("layout"),
                        left("type"),
                        right("size")),
                rows);
    }
}
