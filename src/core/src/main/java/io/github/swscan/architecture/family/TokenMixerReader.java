package io.github.swscan.architecture.family;

import io.github.swscan.architecture.LightningAttention;
import io.github.swscan.architecture.LightningAttention.Decays;
import io.github.swscan.architecture.LightningAttention.Slopes;
import io.github.swscan.architecture.Linear;
import io.github.swscan.architecture.MixtureOfHeads;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.Router;
import io.github.swscan.architecture.ShortConvolution;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Reads the token mixers of one block that are not plain self-attention. */
final class TokenMixerReader {

    /** Longer than any short convolution is. */
    private static final int LONGEST_CONVOLUTION = 4096;

    /** A larger table of decays than any model has. */
    private static final int LARGEST_BLOCK = 4096;

    /** What decays that follow from the slopes are computed for; blocks of any size give the same. */
    private static final int USUAL_BLOCK = 256;

    private final Fields mixer;
    private final ParameterReader parameters;
    private final int hiddenSize;

    TokenMixerReader(Fields mixer, ParameterReader parameters, int hiddenSize) {
        this.mixer = mixer;
        this.parameters = parameters;
        this.hiddenSize = hiddenSize;
    }

    ShortConvolution convolution() {
        int length = mixer.positiveInteger("length");
        if (length > LONGEST_CONVOLUTION) {
            throw mixer.malformed("length", "is " + length + ", more than " + LONGEST_CONVOLUTION);
        }
        Fields kernel = mixer.object("kernel");
        return new ShortConvolution(
                parameters.linear(mixer.object("input"), hiddenSize, channels("length", 3, hiddenSize)),
                name(kernel.text("tensor") + ".weight"),
                kernel.flag("bias", false) ? Optional.of(name(kernel.text("tensor") + ".bias")) : Optional.empty(),
                length,
                parameters.linear(mixer.object("output"), hiddenSize, hiddenSize));
    }

    /** @param layers how many blocks there are */
    LightningAttention lightningAttention(int layer, int layers) {
        int heads = mixer.positiveInteger("heads");
        int headSize = headSize(heads);
        int channels = channels("heads", heads, headSize);
        int blockSize = mixer.positiveInteger("blockSize");
        Optional<Decays> decays = mixer.optionalObject("decays")
                .map(names -> new Decays(
                        name(names.text("slope")),
                        name(names.text("query")),
                        name(names.text("key")),
                        name(names.text("diagonal"))))
                .filter(names -> Stream.of(names.slope(), names.query(), names.key(), names.diagonal())
                        .anyMatch(parameters.tensors()::contains));
        if (decays.isPresent() && blockSize > LARGEST_BLOCK) {
            throw mixer.malformed("blockSize", "is " + blockSize + ", more than " + LARGEST_BLOCK);
        }
        return new LightningAttention(
                heads,
                headSize,
                decays.isPresent() ? blockSize : Math.min(blockSize, USUAL_BLOCK),
                parameters.linear(mixer.object("queryKeyValue"), hiddenSize, channels("heads", 3, channels)),
                FeedForwardReader.activation(mixer, parameters),
                Slopes.of(heads, layer, layers),
                decays,
                parameters.norm(mixer.object("innerNorm"), channels),
                parameters.linear(mixer.object("gate"), hiddenSize, channels),
                parameters.linear(mixer.object("output"), channels, hiddenSize));
    }

    /** @param rotaries reads rotary positions for heads of a size */
    MixtureOfHeads mixtureOfHeads(BiFunction<Fields, Integer, Rotary> rotaries) {
        Fields experts = mixer.object("experts");
        int count = FeedForwardReader.count(experts);
        Router router = new FeedForwardReader(mixer, parameters, hiddenSize).router(experts.object("router"), count, 0);
        int heads = mixer.positiveInteger("keyValueHeads");
        int headSize = headSize(heads);
        int channels = channels("keyValueHeads", heads, headSize);
        checkAllHeads(heads, router.perToken());
        List<MixtureOfHeads.Expert> maps = new ArrayList<>();
        for (int expert = 0; expert < count; expert++) {
            Optional<Linear.Stack> stack = Optional.of(new Linear.Stack(expert, count));
            maps.add(new MixtureOfHeads.Expert(
                    parameters.linear(experts.object("query"), hiddenSize, channels, stack),
                    parameters.linear(experts.object("output"), channels, hiddenSize, stack)));
        }
        return new MixtureOfHeads(
                router,
                maps,
                heads,
                headSize,
                parameters.linear(mixer.object("keyValue"), hiddenSize, channels("keyValueHeads", 2, channels)),
                mixer.optionalObject("rotary").map(rotary -> rotaries.apply(rotary, headSize)),
                mixer.number("scale", 1 / Math.sqrt(headSize)),
                experts.optionalText("outputBias").map(this::name));
    }

    /** The number of query heads that a token has follows from the others; where it is given, it must be that. */
    private void checkAllHeads(int heads, int expertsPerToken) {
        int all = channels("keyValueHeads", heads, expertsPerToken);
        mixer.optionalPositiveInteger("heads").ifPresent(given -> {
            if (given != all) {
                throw mixer.malformed(
                        "heads",
                        "is " + given + ", but " + expertsPerToken + " experts of " + heads + " heads make " + all);
            }
        });
    }

    private int headSize(int heads) {
        return mixer.optionalPositiveInteger("headSize").orElseGet(() -> {
            if (hiddenSize % heads != 0) {
                throw mixer.malformed("heads", "is " + heads + ", which does not divide the hidden size " + hiddenSize);
            }
            return hiddenSize / heads;
        });
    }

    private String name(String tensor) {
        return parameters.names(List.of(tensor)).get(0);
    }

    private int channels(String field, int count, long size) {
        long channels = count * size;
        if (channels > Fields.LARGEST_SIZE) {
            throw mixer.malformed(field, "makes a token mixer of " + channels + " channels");
        }
        return (int) channels;
    }
}
