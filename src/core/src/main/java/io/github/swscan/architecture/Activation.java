package io.github.swscan.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The activation function of an MLP.
 *
 * @param learned the tensors of a function's learned numbers, one number each, in the order that the function names
 */
public record Activation(Function function, List<String> learned) {

    public Activation {
        learned = List.copyOf(learned);
    }

    Stream<Parameter> parameters() {
        return learned.stream().map(name -> new Parameter(name, List.of()));
    }

    /** The functions that are known. */
    public enum Function {
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
        SOFTPLUS("softplus"),
        MISH("mish"),
        LAPLACE("laplace"),
        /** With the four learned numbers alpha_p, alpha_n, beta and eps (Huang et al., arXiv 2411.13010). */
        XIELU("xielu"),
        LINEAR("linear_activation");

        private final String operation;

        Function(String operation) {
            this.operation = operation;
        }

        /** The name of the engine's operation. */
        public String operation() {
            return operation;
        }

        /** Whether it has learned numbers, which are tensors of the checkpoint. */
        public boolean isLearned() {
            return this == XIELU;
        }

        /** The function that config.json gives this name. */
        public static Optional<Function> named(String name) {
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
                case "softplus" -> Optional.of(SOFTPLUS);
                case "mish" -> Optional.of(MISH);
                case "laplace" -> Optional.of(LAPLACE);
                case "xielu" -> Optional.of(XIELU);
                case "linear" -> Optional.of(LINEAR);
                default -> Optional.empty();
            };
        }
    }
}
