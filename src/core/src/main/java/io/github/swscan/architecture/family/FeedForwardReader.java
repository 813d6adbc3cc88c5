package io.github.swscan.architecture.family;

import io.github.swscan.architecture.Activation;
import io.github.swscan.architecture.Activation.Function;
import io.github.swscan.architecture.FeedForward;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.Mixture;
import io.github.swscan.architecture.Mlp;
import io.github.swscan.architecture.Router;
import io.github.swscan.architecture.Router.GroupScore;
import io.github.swscan.architecture.Router.Scoring;
import io.github.swscan.input.UnsupportedInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reads the feed-forward part of one block from a description. */
final class FeedForwardReader {

    /** More experts than any layer has. */
    private static final int MAX_EXPERTS = 4096;

    private final Fields mlp;
    private final ParameterReader parameters;
    private final int hiddenSize;

    FeedForwardReader(Fields mlp, ParameterReader parameters, int hiddenSize) {
        this.mlp = mlp;
        this.parameters = parameters;
        this.hiddenSize = hiddenSize;
    }

    FeedForward read() {
        Optional<Fields> experts = mlp.optionalObject("experts");
        return experts.isPresent()
                ? mixture(experts.get())
                : mlp(mlp, parameters, OptionalInt.empty(), Optional.empty(), hiddenSize);
    }

    private Mixture mixture(Fields experts) {
        int count = count(experts);
        int identities = experts.has("identities") ? experts.naturalNumber("identities") : 0;
        if (identities > MAX_EXPERTS) {
            throw experts.malformed("identities", "is " + identities + ", more than " + MAX_EXPERTS);
        }
        Optional<Fields> latent = experts.optionalObject("latent").filter(given -> given.has("size"));
        int size = latent.map(given -> given.positiveInteger("size")).orElse(hiddenSize);
        Optional<String> joined = joinedExperts(experts);
        List<Mlp> mlps = new ArrayList<>();
        for (int expert = 0; expert < count; expert++) {
            String prefix = experts.optionalText("prefix").orElse("").replace("{expert}", Integer.toString(expert));
            Optional<Linear.Stack> stack = experts.flag("stacked", false)
                    ? Optional.of(new Linear.Stack(expert, count, experts.flag("flat", false)))
                    : Optional.empty();
            mlps.add(
                    joined.isPresent()
                            ? joined(experts, joined.get(), new Linear.Stack(expert, count), size)
                            : mlp(experts, parameters.within(prefix), OptionalInt.of(expert), stack, size));
        }
        List<Mixture.Shared> shared =
                experts.objects("shared").stream().flatMap(this::shared).toList();
        return new Mixture(
                router(experts.object("router"), count + identities, shared.size()),
                mlps,
                identities,
                new Mixture.Passage(
                        parameters.optionalNorm(experts, "norm", hiddenSize),
                        experts.flag("ofBlockBefore", false),
                        latent.map(given -> parameters.bottleneck(given, hiddenSize, size, hiddenSize)),
                        parameters.optionalNorm(experts, "normAfter", hiddenSize)),
                shared,
                experts.optionalText("outputBias")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                hiddenSize);
    }

    /**
     * What the names of the experts' tensors begin with where the checkpoint has them as transformers 5 holds them in memory,
     * and writes them for some families: the matrices of all experts in one tensor, gate and up joined.
     */
    private Optional<String> joinedExperts(Fields experts) {
        return experts.optionalText("prefix")
                .filter(prefix -> prefix.endsWith(".{expert}."))
                .map(prefix -> parameters.prefix() + prefix.replace("{expert}.", ""))
                .filter(prefix -> parameters.tensors().contains(prefix + "down_proj"));
    }

    /** @param size channels of what an expert reads and gives */
    private Mlp joined(Fields experts, String prefix, Linear.Stack stack, int size) {
        int intermediateSize =
                experts.optionalPositiveInteger("intermediateSize").orElse(4 * hiddenSize);
        boolean gated = experts.has("gate");
        Linear up = stacked(
                prefix + (gated ? "gate_up_proj" : "up_proj"),
                size,
                gated ? 2 * intermediateSize : intermediateSize,
                stack);
        return new Mlp(
                OptionalInt.of(stack.index()),
                gated ? new Mlp.FusedGate(up, Optional.empty(), Mlp.FusedGate.Order.GATE_FIRST) : new Mlp.Plain(up),
                activation(experts, parameters),
                sparsity(experts),
                experts.number("gateScale", 1),
                experts.optionalPositiveNumber("limit"),
                experts.number("upOffset", 0),
                Optional.empty(),
                stacked(prefix + "down_proj", intermediateSize, size, stack));
    }

    private static Linear stacked(String tensor, int inputs, int outputs, Linear.Stack stack) {
        return new Linear(tensor, Optional.empty(), Linear.Layout.OUTPUT_BY_INPUT, inputs, outputs, Optional.of(stack));
    }

    /** How many experts there are. */
    static int count(Fields experts) {
        int count = experts.positiveInteger("count");
        if (count > MAX_EXPERTS) {
            throw experts.malformed("count", "is " + count + ", more than " + MAX_EXPERTS);
        }
        return count;
    }

    /** One, or where tensors hold the matrices of several together, these. */
    private Stream<Mixture.Shared> shared(Fields shared) {
        if (!shared.has("stacked")) {
            return Stream.of(shared(shared, OptionalInt.empty(), Optional.empty()));
        }
        int count = shared.positiveInteger("stacked");
        if (count > MAX_EXPERTS) {
            throw shared.malformed("stacked", "is " + count + ", more than " + MAX_EXPERTS);
        }
        return IntStream.range(0, count)
                .mapToObj(i -> shared(shared, OptionalInt.of(i), Optional.of(new Linear.Stack(i, count))));
    }

    private Mixture.Shared shared(Fields shared, OptionalInt expert, Optional<Linear.Stack> stack) {
        return new Mixture.Shared(
                mlp(shared, parameters.within(shared.optionalText("prefix").orElse("")), expert, stack, hiddenSize),
                shared.optionalObject("weightGate").map(gate -> parameters.linear(gate, hiddenSize, 1)),
                parameters.optionalNorm(shared, "normAfter", hiddenSize));
    }

    /** @param shared how many shared experts there are */
    Router router(Fields router, int experts, int shared) {
        int scored = router.flag("scoresShared", false) ? shared : 0;
        int perToken = router.positiveInteger("perToken");
        if (perToken > experts) {
            throw router.malformed("perToken", "is " + perToken + ", but there are only " + experts + " experts");
        }
        return new Router(
                parameters.optionalNorm(router, "norm", hiddenSize),
                parameters.linear(router, hiddenSize, experts + scored),
                scored,
                router.number("logitScale", 1),
                router.optionalPositiveNumber("softCap"),
                switch (router.text("scoring")) {
                    case "softmax" -> Scoring.SOFTMAX;
                    case "sigmoid" -> Scoring.SIGMOID;
                    case "square-root-of-softplus" -> Scoring.SQUARE_ROOT_OF_SOFTPLUS;
                    case "sparse-mixer" -> Scoring.SPARSE_MIXER;
                    default -> throw new IllegalStateException("unknown scoring " + router.text("scoring"));
                },
                router.number("jitter", 0),
                perToken,
                router.optionalObject("correction")
                        .map(correction -> new Router.Correction(
                                parameters
                                        .names(List.of(correction.text("tensor")))
                                        .get(0),
                                correction.flag("leadingDimension", false))),
                router.optionalObject("groups").map(groups -> groups(groups, experts, perToken)),
                router.optionalObject("table")
                        .map(table -> new Router.Table(
                                parameters.tensor(table.text("tensor")), table.positiveInteger("rows"))),
                router.flag("normalized", false),
                router.optionalPositiveNumber("order").orElse(1),
                router.number("addedToSum", 0),
                router.number("smallestSum", 0),
                router.number("scale", 1),
                router.optionalText("scaleTensor")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                router.optionalText("expertScales")
                        .map(name -> parameters.names(List.of(name)).get(0)),
                router.flag("weighsInput", false));
    }

    private static Router.Groups groups(Fields groups, int experts, int perToken) {
        int count = groups.positiveInteger("count");
        int chosen = groups.positiveInteger("perToken");
        if (experts % count != 0) {
            throw groups.malformed("count", "is " + count + ", which does not divide the " + experts + " experts");
        }
        if (chosen > count || (long) chosen * (experts / count) < perToken) {
            throw groups.malformed(
                    "perToken",
                    "is " + chosen + " of " + count + " groups, in which a token does not find " + perToken
                            + " experts");
        }
        GroupScore score =
                switch (groups.text("score")) {
                    case "best" -> GroupScore.BEST;
                    case "sum-of-two-best" -> GroupScore.SUM_OF_TWO_BEST;
                    default -> throw new IllegalStateException("unknown score " + groups.text("score"));
                };
        return new Router.Groups(count, chosen, score);
    }

    /** @param size channels of what it reads and gives */
    private Mlp mlp(Fields fields, ParameterReader names, OptionalInt expert, Optional<Linear.Stack> stack, int size) {
        int intermediateSize =
                fields.optionalPositiveInteger("intermediateSize").orElse(4 * hiddenSize);
        return new Mlp(
                expert,
                inputs(fields, names, intermediateSize, stack, size),
                activation(fields, names),
                sparsity(fields),
                fields.number("gateScale", 1),
                fields.optionalPositiveNumber("limit"),
                fields.number("upOffset", 0),
                names.optionalNorm(fields, "innerNorm", intermediateSize),
                names.linear(fields.object("down"), intermediateSize, size, stack));
    }

    private static OptionalDouble sparsity(Fields fields) {
        double share = fields.number("sparsity", 0);
        if (share < 0 || share >= 1) {
            throw fields.malformed("sparsity", "is " + share + " where a share from 0 on and below 1 is needed");
        }
        return share == 0 ? OptionalDouble.empty() : OptionalDouble.of(share);
    }

    private Mlp.Inputs inputs(
            Fields fields, ParameterReader names, int intermediateSize, Optional<Linear.Stack> stack, int size) {
        Optional<Fields> fused = fields.optionalObject("gateUp");
        if (fused.isPresent()) {
            return new Mlp.FusedGate(
                    names.linear(fused.get(), size, 2 * intermediateSize, stack),
                    fused.get()
                            .optionalObject("adapter")
                            .map(adapter -> names.bottleneck(
                                    adapter, size, adapter.positiveInteger("size"), 2 * intermediateSize)),
                    order(fused.get()));
        }
        Linear up = names.linear(fields.object("up"), size, intermediateSize, stack);
        return fields.optionalObject("gate")
                .<Mlp.Inputs>map(gate -> new Mlp.Gated(names.linear(gate, size, intermediateSize, stack), up))
                .orElseGet(() -> new Mlp.Plain(up));
    }

    private static Mlp.FusedGate.Order order(Fields fused) {
        if (fused.flag("interleaved", false)) {
            return Mlp.FusedGate.Order.ALTERNATING;
        }
        return fused.flag("upFirst", false) ? Mlp.FusedGate.Order.UP_FIRST : Mlp.FusedGate.Order.GATE_FIRST;
    }

    static Activation activation(Fields fields, ParameterReader names) {
        String name = fields.option("activation");
        Function function = Function.named(name).orElseThrow(() -> unsupported(fields, name));
        if (!function.isLearned()) {
            return new Activation(function, List.of());
        }
        if (!fields.has("learned")) {
            throw unsupported(fields, name);
        }
        return new Activation(function, names.names(fields.texts("learned")));
    }

    private static UnsupportedInputException unsupported(Fields fields, String activation) {
        return new UnsupportedInputException(
                fields.config().file(),
                fields.config().nameOf(fields.optionName("activation")),
                "the activation function \"" + activation + "\" is not supported",
                "");
    }
}
