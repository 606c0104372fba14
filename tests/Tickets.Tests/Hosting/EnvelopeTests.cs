using System.Text;
using Tickets.Functions.Hosting;

namespace Tickets.Tests.Hosting;

public class EnvelopeTests
{
    [Fact]
    public void A_timers_envelope_says_whether_it_is_late()
    {
        Assert.False(Read(Fixture.TimerMonitored, "timer").ToTimerRun().IsPastDue);
        Assert.True(Read("""{"Data":{"timer":{"IsPastDue":true,"ScheduleStatus":null}}}""", "timer").ToTimerRun().IsPastDue);
        Assert.True(Read("""{"Data":{"timer":"{\"IsPastDue\":\"true\"}"},"Metadata":{}}""", "timer").ToTimerRun().IsPastDue);
    }

    [Fact]
    public void A_binary_message_keeps_its_bytes_and_its_metadata_is_unwrapped()
    {
        var message = Read(Fixture.MessageBinary, "message").ToTopicMessage();

        Assert.Equal("""{"ticketId":7,"title":"VPN \"down\" é","tags":["net"],"by":{"id":"u1"}}""", Encoding.UTF8.GetString(message.Body.Span));
        Assert.Equal("msg-0001", message.MessageId);
        Assert.Equal("ticket-7", message.SessionId);
        Assert.Equal("ticket.created", message.Subject);
        Assert.Equal("corr-1", message.CorrelationId);
        Assert.Equal("application/json", message.ContentType);
        Assert.Equal(2, message.DeliveryCount);
        Assert.Equal(42, message.SequenceNumber);
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero), message.EnqueuedAt);
        Assert.Equal("acme", message.Properties["tenant"].GetString());
        Assert.Equal(3, message.Properties["attempt"].GetInt32());
    }

    [Fact]
    public void A_message_that_came_as_quoted_text_is_the_same_message() =>
        Assert.Equal(
            Encoding.UTF8.GetString(Read(Fixture.MessageBinary, "message").ToTopicMessage().Body.Span),
            Encoding.UTF8.GetString(Read(Fixture.MessageText, "message").ToTopicMessage().Body.Span));

    [Fact]
    public void Numbers_and_text_are_read_plain_or_wrapped_and_null_in_either_form_is_absent()
    {
        var message = Read("""
            {"Data":{"message":"aGk="},"Metadata":{"DeliveryCount":3,"SequenceNumber":"9","MessageId":"plain","SessionId":"null","Subject":null,
             "EnqueuedTimeUtc":"2026-02-03T04:05:06","ApplicationProperties":"{\"a\":1}"}}
            """, "message").ToTopicMessage();

        Assert.Equal("hi", Encoding.UTF8.GetString(message.Body.Span));
        Assert.Equal((3L, 9L, "plain", null, null), (message.DeliveryCount, message.SequenceNumber, message.MessageId, message.SessionId, message.Subject));
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero), message.EnqueuedAt);
        Assert.Equal(1, message.Properties["a"].GetInt32());
    }

    [Fact]
    public void An_envelope_without_metadata_is_still_a_message()
    {
        var message = Read("""{"Data":{"message":"aGk="}}""", "message").ToTopicMessage();
        Assert.Null(message.MessageId);
        Assert.Empty(message.Properties);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("not json", "not JSON")]
    [InlineData("""{"Data":{"timer":""", "not JSON")]
    [InlineData("null", "no object 'Data'")]
    [InlineData("[]", "no object 'Data'")]
    [InlineData("{}", "no object 'Data'")]
    [InlineData("""{"Data":null}""", "no object 'Data'")]
    [InlineData("""{"Data":{"other":{}}}""", "no value 'timer'")]
    [InlineData("""{"Data":{"timer":4}}""", "not an object")]
    [InlineData("""{"Data":{"timer":"[1]"}}""", "not an object")]
    public void What_is_no_envelope_says_why(string body, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => Read(body, "timer").ToTimerRun()).Message);

    private static Envelope Read(string body, string binding) => Envelope.Read(Encoding.UTF8.GetBytes(body), binding);
}
