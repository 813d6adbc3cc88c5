package io.github.swscan.benchmark;

import io.github.swscan.architecture.Linear;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The benchmarks, as {@code scripts/benchmark} starts them. All results are rows of tables in Markdown. */
@Command(
        name = "scripts/benchmark",
        mixinStandardHelpOptions = true,
        description = "Measures swscan against the bounds of this machine. Linux only.")
public final class Benchmark {

    private static final PrintStream OUT = System.out;

    @Option(
            names = "--models",
            paramLabel = "DIR",
            defaultValue = "target/benchmark/models",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Where the random checkpoints lie (default: ${DEFAULT-VALUE}).")
    private Path models;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "5",
            scope = CommandLine.ScopeType.INHERIT,
            description = "How often each thing is measured (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
            names = "--program",
            paramLabel = "FILE",
            defaultValue = "src/cli/target/swscan/bin/swscan",
            scope = CommandLine.ScopeType.INHERIT,
            description = "The program to measure (default: ${DEFAULT-VALUE}).")
    private Path program;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Benchmark()).execute(arguments));
    }

    @Command(description = "Writes checkpoints of random weights with two super weights in each.")
    void make(
            @Parameters(paramLabel = "SHAPE", arity = "1..*", description = "tinyllama-1.1b, llama-7b, ...")
                    List<String> shapes,
            @Option(names = "--sparse", description = "All weights zero, in files that take no room on the disk.")
                    boolean sparse)
            throws IOException {
        for (String name : shapes) {
            ModelShape shape = ModelShape.named(name);
            Path folder = folder(name);
            if (sparse) {
                RandomCheckpoint.writeSparse(shape, folder);
            } else if (!Files.exists(folder.resolve("planted.json"))) {
                RandomCheckpoint.write(shape, folder);
            }
        }
    }

    @Command(description = "The bounds: reading, copying, multiplying.")
    void bounds(@Parameters(paramLabel = "SHAPE", defaultValue = "tinyllama-1.1b") String name) throws Exception {
        List<Path> files = files(name);
        double bytes = bytes(files);
        header("bound", "time", "rate");
        row("plain read, cold", read(files, true), bytes, "GB/s");
        row("plain read, from memory", read(files, false), bytes, "GB/s");
        List<LongBuffer> memory = Bounds.memory(4);
        double memoryBytes = memory.stream().mapToDouble(LongBuffer::limit).sum() * Long.BYTES;
        row("reading memory, all cores", Timing.of(runs, 2, () -> Bounds.readMemory(memory)), memoryBytes, "GB/s");
        row("copying memory, all cores (bytes copied)", copying(memory), memoryBytes / 2, "GB/s");
        ModelShape shape = ModelShape.named(name);
        try (TorchEngine engine = TorchEngine.start(OptionalInt.empty())) {
            for (Precision precision : Precision.values()) {
                for (int rows : new int[] {1, 16, 128, 1024}) {
                    Timing product = Bounds.product(
                            engine, precision, rows, shape.hiddenSize(), shape.intermediateSize(), 2 * runs);
                    double operations = 2.0 * rows * shape.hiddenSize() * shape.intermediateSize();
                    row(
                            "%s product [%d, %d] x [%d, %d]"
                                    .formatted(
                                            precision.label(),
                                            rows,
                                            shape.hiddenSize(),
                                            shape.hiddenSize(),
                                            shape.intermediateSize()),
                            product,
                            operations,
                            "GFLOP/s");
                }
            }
        }
    }

    private Timing copying(List<LongBuffer> memory) throws Exception {
        return Timing.of(runs, 2, () -> {
            Bounds.copyMemory(memory);
            return 0;
        });
    }

    @Command(description = "Single passes, in one process, against reading and multiplying alone.")
    void passes(
            @Parameters(paramLabel = "SHAPE", defaultValue = "tinyllama-1.1b") String name,
            @Option(names = "--precision", defaultValue = "BF16") Precision precision)
            throws Exception {
        List<LongBuffer> memory = Bounds.memory(4);
        double memoryBytes = memory.stream().mapToDouble(LongBuffer::limit).sum() * Long.BYTES;
        double bandwidth = memoryBytes
                / Timing.of(runs, 2, () -> Bounds.readMemory(memory)).median();
        try (TorchEngine engine = TorchEngine.start(OptionalInt.empty())) {
            Passes passes = new Passes(folder(name), engine, precision);
            double matrixBytes = passes.matrices().stream()
                            .mapToDouble(map -> (double) map.inputs() * map.outputs())
                            .sum()
                    * Short.BYTES;
            OUT.printf(
                    "%n%s, %s, %.2f GB of matrices, reading memory %.1f GB/s%n%n",
                    name, precision.label(), matrixBytes / 1e9, bandwidth / 1e9);
            header("pass", "time", "reading alone", "products alone", "of the larger bound", "to one branch");
            double one = 0;
            for (int branches : new int[] {0, 7, 31}) {
                Timing pass = passes.pass(1, 16, branches, runs);
                one = branches == 0 ? pass.median() : one;
                double products = products(engine, passes, precision, 16 * (branches + 1));
                double reading = matrixBytes / bandwidth;
                row(
                        "16 tokens, " + (branches + 1) + (branches == 0 ? " branch" : " branches"),
                        pass,
                        Timing.format(reading),
                        Timing.format(products),
                        percent(Math.max(reading, products) / pass.median()),
                        "x%.2f".formatted(pass.median() / one));
            }
            Timing batch = passes.pass(8, 128, 0, runs);
            double products = products(engine, passes, precision, 1024);
            row(
                    "8 x 128 tokens",
                    batch,
                    Timing.format(matrixBytes / bandwidth),
                    Timing.format(products),
                    percent(products / batch.median()),
                    "");
        }
    }

    /** How long the products of a pass take by themselves. */
    private double products(TorchEngine engine, Passes passes, Precision precision, int rows) throws Exception {
        Map<List<Integer>, Double> known = new HashMap<>();
        double sum = 0;
        for (Linear map : passes.matrices()) {
            List<Integer> size = List.of(map.inputs(), map.outputs());
            if (!known.containsKey(size)) {
                known.put(
                        size,
                        Bounds.product(engine, precision, rows, map.inputs(), map.outputs(), 2 * runs)
                                .median());
            }
            sum += known.get(size);
        }
        return sum;
    }

    @Command(description = "Scans as a user starts them, against a plain read of the same files in the same run.")
    void scan(
            @Parameters(paramLabel = "SHAPE", arity = "1..*") List<String> shapes,
            @Option(names = "--cold", description = "With the files dropped from memory before each run.") boolean cold,
            @Option(names = "--tokens", description = "Two sequences of that many tokens, in place of the default.")
                    int tokens,
            @Option(names = "--with", description = "More arguments for the program.") List<String> more)
            throws Exception {
        header("scan", "time", "plain read", "ratio", "anonymous memory");
        for (String name : shapes) {
            List<Path> files = files(name);
            List<String> arguments = arguments(name, tokens, more == null ? List.of() : more);
            Path log = models.resolve(name + ".log");
            List<Double> scans = new ArrayList<>();
            List<Double> reads = new ArrayList<>();
            long anonymous = 0;
            if (!cold) {
                Bounds.read(files);
            }
            for (int i = 0; i < runs; i++) {
                // By turns, so that both meet the machine in the same state.
                reads.add(read(files, cold, 1).median());
                if (cold) {
                    Bounds.forget(files);
                }
                Scan scan = Scan.of(program, arguments, log);
                scans.add(scan.seconds());
                anonymous = Math.max(anonymous, scan.anonymousBytes());
            }
            Timing scan = new Timing(scans);
            Timing read = new Timing(reads);
            row(
                    name
                            + (cold ? ", cold" : ", from memory")
                            + (tokens > 0 ? ", 2 x " + tokens + " tokens" : "")
                            + (more == null ? "" : ", " + String.join(" ", more)),
                    scan,
                    read.toString(),
                    "x%.2f".formatted(scan.median() / read.median()),
                    "%.0f MB".formatted(anonymous / 1e6));
        }
    }

    private List<String> arguments(String name, int tokens, List<String> more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "detect",
                folder(name).toString(),
                "--quiet",
                "--report",
                models.resolve(name + ".report.json").toString()));
        if (tokens > 0) {
            Path ids = models.resolve(name + "-" + tokens + ".ids.json");
            RandomCheckpoint.writeTokens(ids, ModelShape.named(name), 2, tokens);
            arguments.addAll(List.of("--token-ids", ids.toString()));
        }
        more.forEach(argument -> arguments.addAll(List.of(argument.split(" "))));
        return arguments;
    }

    private Timing read(List<Path> files, boolean cold) throws Exception {
        return read(files, cold, runs);
    }

    private static Timing read(List<Path> files, boolean cold, int runs) throws Exception {
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            if (cold) {
                Bounds.forget(files);
            }
            seconds.add(Timing.of(1, 0, () -> Bounds.read(files)).median());
        }
        return new Timing(seconds);
    }

    private Path folder(String name) {
        return models.resolve(name);
    }

    private List<Path> files(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder(name))) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .sorted()
                    .toList();
        }
    }

    private static double bytes(List<Path> files) throws IOException {
        double bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private static void header(String... columns) {
        OUT.println("| " + String.join(" | ", columns) + " |");
        OUT.println("|" + "---|".repeat(columns.length));
    }

    private static void row(String name, Timing timing, double amount, String unit) {
        row(name, timing, "%.1f %s".formatted(amount / timing.median() / 1e9, unit));
    }

    private static void row(String name, Timing timing, String... more) {
        OUT.println("| " + name + " | " + timing + " | " + String.join(" | ", more) + " |");
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", share * 100);
    }
}
