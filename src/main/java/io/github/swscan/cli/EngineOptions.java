package io.github.swscan.cli;

import io.github.swscan.checkpoint.DType;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.engine.Precision;
import io.github.swscan.engine.TorchEngine;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How to compute. */
final class EngineOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--device",
            paramLabel = "auto|cpu|cuda[:N]",
            defaultValue = "auto",
            description = "Where to compute. This version computes on the CPU only, which auto picks.")
    private String device;

    enum PrecisionChoice {
        AUTO,
        FP32,
        BF16
    }

    @Option(
            names = "--precision",
            paramLabel = "auto|fp32|bf16",
            defaultValue = "auto",
            description = "The number format of multiplications. auto picks bf16 where the checkpoint is 16-bit and "
                    + "the CPU multiplies bfloat16 natively, else fp32.")
    private PrecisionChoice precision;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "How many threads to compute with; the number of cores by default.")
    private Integer threads;

    /** Called before anything costly is done. */
    void check() {
        if (threads != null && threads < 1) {
            throw new ParameterException(command.commandLine(), "--threads must be at least 1, not " + threads);
        }
        if (device.matches("cuda(:\\d+)?")) {
            throw new EngineFailure("--device " + device + ": this version computes on the CPU only; use --device cpu");
        }
        if (!device.equals("auto") && !device.equals("cpu")) {
            throw new ParameterException(
                    command.commandLine(), "--device must be auto, cpu, cuda or cuda:N, not '" + device + "'");
        }
    }

    TorchEngine start() {
        return TorchEngine.start(threads == null ? OptionalInt.empty() : OptionalInt.of(threads));
    }

    /** @param stored the type of most of the checkpoint's weights */
    Precision precision(DType stored) {
        return switch (precision) {
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
            case AUTO -> stored.bytes() == 2 && TorchEngine.multipliesBfloat16() ? Precision.BF16 : Precision.FP32;
        };
    }
}
