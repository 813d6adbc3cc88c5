package io.github.swscan.cli.option;

import io.github.swscan.checkpoint.tensor.DType;
import io.github.swscan.engine.DeviceChoice;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import io.github.swscan.input.PrintableText;
import java.io.PrintWriter;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How to compute. */
public final class EngineOptions {

    /** Beyond any machine's cores; a system that runs out of threads ends the process without a word. */
    private static final int MAX_THREADS = 1024;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "Where to compute: auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}). cuda is the first "
                    + "NVIDIA GPU, cuda:1 the second; auto takes the first where there is one and this build can use "
                    + "it, else the CPU.")
    private String device;

    public enum PrecisionChoice {
        AUTO,
        FP32,
        BF16
    }

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "auto",
            description =
                    "The type of number to multiply in: auto, fp32 or bf16 (default: ${DEFAULT-VALUE}). auto picks bf16 "
                            + "where the checkpoint is 16-bit and the device multiplies bfloat16 natively, else fp32.")
    private PrecisionChoice precision;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description =
                    "How many threads to compute with (default: one for each core; with --jobs each job's share).")
    private Integer threads;

    /** Of several jobs, each has an engine; one says it for all. */
    private final AtomicBoolean fallbackTold = new AtomicBoolean();

    /** Called before anything costly is done. */
    public void check() {
        if (threads != null && (threads < 1 || threads > MAX_THREADS)) {
            throw new ParameterException(
                    command.commandLine(), "--threads must be from 1 to " + MAX_THREADS + ", not " + threads);
        }
        deviceChoice();
    }

    private DeviceChoice deviceChoice() {
        return DeviceChoice.parse(device)
                .orElseThrow(() -> new ParameterException(
                        command.commandLine(), "--device must be auto, cpu, cuda or cuda:N, not '" + device + "'"));
    }

    /** Gives each of several jobs its part of the cores, unless the user said how many threads a job has. */
    public void shareCores(int jobs) {
        if (threads == null && jobs > 1) {
            threads = Math.max(1, Runtime.getRuntime().availableProcessors() / jobs);
        }
    }

    /** Begins to load the engine while other things are done, see {@link TorchEngine#prepare}. */
    public void prepare() {
        TorchEngine.prepare(threads(), deviceChoice());
    }

    /** Starts the engine on the device; says so where that is the CPU and the user could expect a GPU. */
    public TorchEngine start(boolean quiet) {
        TorchEngine engine = TorchEngine.start(threads(), deviceChoice());
        if (!quiet) {
            engine.fallback().filter(reason -> !fallbackTold.getAndSet(true)).ifPresent(reason -> {
                PrintWriter err = command.commandLine().getErr();
                err.println("swscan: " + PrintableText.escaped(reason));
                err.flush();
            });
        }
        return engine;
    }

    private OptionalInt threads() {
        return threads == null ? OptionalInt.empty() : OptionalInt.of(threads);
    }

    /**
     * What weights are multiplied in.
     *
     * @param stored the type of most of the checkpoint's weights
     */
    public Precision precision(DType stored, TorchEngine engine) {
        return switch (precision) {
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
            case AUTO -> is16Bit(stored) && engine.multipliesBfloat16() ? Precision.BF16 : Precision.FP32;
        };
    }

    private static boolean is16Bit(DType stored) {
        return stored == DType.BF16 || stored == DType.F16;
    }
}
