package io.github.swscan.cli.option;

import io.github.swscan.engine.DeviceChoice;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.engine.PrecisionChoice;
import io.github.swscan.input.PrintableText;
import java.io.PrintWriter;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
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
            description = "How many threads to compute with (default: one for each core).")
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

    /** How engines are started. */
    public EngineSettings settings() {
        return new EngineSettings(deviceChoice(), threads == null ? OptionalInt.empty() : OptionalInt.of(threads), 1);
    }

    public PrecisionChoice precision() {
        return precision;
    }

    /** Says, once, why it computes on the CPU where the user could expect a GPU. */
    public Consumer<String> fallbackNotice(boolean quiet) {
        return reason -> {
            if (!quiet && !fallbackTold.getAndSet(true)) {
                PrintWriter err = command.commandLine().getErr();
                err.println("swscan: " + PrintableText.escaped(reason));
                err.flush();
            }
        };
    }
}
