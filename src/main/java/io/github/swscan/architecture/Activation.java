package io.github.swscan.architecture;

import java.util.Optional;

/** The activation functions of MLPs. */
public enum Activation {
    SILU("silu"),
    /** With the error function. */
    GELU("gelu"),
    /** With the tanh approximation. */
    GELU_TANH("gelu_tanh"),
    /** GELU cut off at -10 and 10. */
    GELU_CLIPPED("gelu_clipped"),
    QUICK_GELU("quick_gelu"),
    RELU("relu"),
    RELU_SQUARED("relu_squared"),
    RELU6("relu6"),
    LEAKY_RELU("leaky_relu"),
    SIGMOID("sigmoid"),
    TANH("tanh"),
    MISH("mish"),
    LAPLACE("laplace"),
    LINEAR("linear_activation");

    private final String operation;

    Activation(String operation) {
        this.operation = operation;
    }

    /** The name of the engine's operation. */
    public String operation() {
        return operation;
    }

    /** The function that config.json gives this name. */
    static Optional<Activation> named(String name) {
        return switch (name) {
            case "silu", "swish" -> Optional.of(SILU);
            case "gelu", "gelu_python" -> Optional.of(GELU);
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_python_tanh" ->
                Optional.of(GELU_TANH);
            case "gelu_10" -> Optional.of(GELU_CLIPPED);
            case "quick_gelu" -> Optional.of(QUICK_GELU);
            case "relu" -> Optional.of(RELU);
            case "relu2" -> Optional.of(RELU_SQUARED);
            case "relu6" -> Optional.of(RELU6);
            case "leaky_relu" -> Optional.of(LEAKY_RELU);
            case "sigmoid" -> Optional.of(SIGMOID);
            case "tanh" -> Optional.of(TANH);
            case "mish" -> Optional.of(MISH);
            case "laplace" -> Optional.of(LAPLACE);
            case "linear" -> Optional.of(LINEAR);
            default -> Optional.empty();
        };
    }
}
