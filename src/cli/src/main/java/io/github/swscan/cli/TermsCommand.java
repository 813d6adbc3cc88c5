package io.github.swscan.cli;

import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.Lines;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code swscan terms}: its help is what it has to say, a page of terms. */
@Command(
        name = "terms",
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        description = "Says what the words on the screen mean.")
final class TermsCommand implements Runnable {

    private static final String SECTION = "terms";

    /** With the longest name there is. */
    private static final int NAME_WIDTH = 20;

    private record Term(String name, String meaning) {}

    private record Group(String heading, List<Term> terms) {}

    private static final List<Group> GROUPS = List.of(
            new Group(
                    "What is looked for",
                    List.of(
                            new Term(
                                    "super weight",
                                    "a number of a down projection without which the model predicts much worse"),
                            new Term(
                                    "super activation",
                                    "a channel of the residual stream that such a weight makes massive, and that stays so"
                                            + " for most of the layers that follow"),
                            new Term("residual stream", "the vector of each token that every layer adds to"),
                            new Term(
                                    "down projection",
                                    "the last matrix of an MLP; row: the output channel of a weight in it, column: the"
                                            + " input channel"),
                            new Term(
                                    "peak",
                                    "the entry of largest magnitude that goes into or comes out of a down projection; at"
                                            + " 4:21: in prompt 4, at token 21, both from 0"),
                            new Term("spike", "both peaks of a down projection far above the usual"),
                            new Term(
                                    "share",
                                    "the largest part of a residual vector that one weight makes; above 1 where others work"
                                            + " against it"),
                            new Term("candidate", "a weight that adds much to the residual stream, and is tested"))),
            new Group(
                    "What is found",
                    List.of(
                            new Term("set", "weights that matter together, though each alone may look harmless"),
                            new Term(
                                    "joint", "a set where any member that is left in saves half of the damage or more"),
                            new Term(
                                    "gradual",
                                    "a set whose damage falls little by little; no smaller one was found that does as"
                                            + " much"),
                            new Term("alone, left in", "removing one member only; removing all members but one"),
                            new Term("independent", "a weight whose input is there without the other candidates"),
                            new Term(
                                    "dependent",
                                    "a weight whose input falls below half without the candidates of earlier layers"),
                            new Term(
                                    "cancelling",
                                    "a dependent weight that takes an earlier super activation away again"),
                            new Term("diffuse", "a spike that many weights make, none of them much of it"),
                            new Term("code", "what stands in the file for a quantized weight"),
                            new Term(
                                    "step, without",
                                    "how far apart numbers lie that share a scale with a quantized weight; the same if"
                                            + " the scale had not to reach it"))),
            new Group(
                    "How it is measured",
                    List.of(
                            new Term("removed", "set to 0"),
                            new Term("flipped", "the sign turned, as by one flipped bit"),
                            new Term("control", "ordinary weights of similar magnitude, removed for comparison"),
                            new Term(
                                    "screened, confirmed",
                                    "measured on a short text, to choose by; measured on all of the text"),
                            new Term("nat", "the unit of natural logarithms: 1 nat is a factor of 2.718"),
                            new Term(
                                    "NLL",
                                    "negative log-likelihood: how badly the text was predicted, in nats a token"),
                            new Term(
                                    "perplexity",
                                    "the exponential of the mean NLL: among how many equally likely tokens the model"
                                            + " chooses, as it were"),
                            new Term(
                                    "perplexity ratio",
                                    "that of the changed model to that of the unedited one: x1.000 is no change, x10 ten"
                                            + " times as bad"),
                            new Term(
                                    "KL divergence",
                                    "Kullback-Leibler: how far the predictions are from those of the unedited model, in"
                                            + " nats a token; it needs no right answer"),
                            new Term(
                                    "change",
                                    "of a model without a language-modelling head: how far its last hidden state moves, in"
                                            + " parts of its length"),
                            new Term(
                                    "1 - cosine",
                                    "of a sentence encoder: what the cosine of the embeddings of texts, changed and"
                                            + " unedited, lacks to 1"),
                            new Term("agreement", "how many predictions keep their most likely token"),
                            new Term("entropy", "how undecided the predictions are, in nats"),
                            new Term("stop words", "the probability of the most frequent small words, all together"),
                            new Term(
                                    "restore, mean",
                                    "removed, but what it made in the stream is put back: the super activation itself,"
                                            + " or its mean"),
                            new Term("excess", "the effect of two together beyond the sum of the effects of each"))),
            new Group(
                    "Verdicts: by perplexity ratio, KL, change, or 1 - cosine",
                    List.of(
                            new Term("critical", "x10 or more; 1 nat or more; 0.5 or more; 0.1 or more"),
                            new Term("high", "x1.5; 0.1; 0.1; 0.005"),
                            new Term("moderate", "x1.05; 0.01; 0.02; 0.0002"),
                            new Term("harmless", "less, or less than 5 times the effect of the control"),
                            new Term("~", "beside a verdict: near a threshold, other text may tip it"))));

    @Spec
    private CommandSpec command;

    /** Has the help of the command be the page of terms, and nothing of options. */
    static void show(CommandLine terms) {
        terms.setHelpSectionKeys(List.of(SECTION));
        terms.getHelpSectionMap().put(SECTION, TermsCommand::page);
    }

    private static String page(Help help) {
        int width = help.commandSpec().usageMessage().width();
        Stream<String> groups = GROUPS.stream().flatMap(group -> Stream.of(
                        Stream.of(help.colorScheme()
                                .text("@|bold " + group.heading() + "|@")
                                .toString()),
                        group.terms().stream().flatMap(term -> lines(term, width, help.colorScheme())),
                        Stream.of(""))
                .flatMap(lines -> lines));
        Stream<String> end =
                Lines.of("docs/method.md has all of it in full. Thresholds can be set, see swscan help detect.", width)
                        .stream();
        return Stream.concat(groups, end).map("%s%n"::formatted).collect(Collectors.joining());
    }

    private static Stream<String> lines(Term term, int width, Help.ColorScheme colours) {
        String start = "  " + term.name() + " ".repeat(NAME_WIDTH - term.name().length());
        String name = "  " + colours.text("@|bold " + term.name() + "|@");
        return Lines.of(start, " ".repeat(start.length()), term.meaning(), width).stream()
                .map(line -> line.startsWith(start)
                        ? name + line.substring(2 + term.name().length())
                        : line);
    }

    @Override
    public void run() {
        command.commandLine().usage(command.commandLine().getOut());
    }
}
