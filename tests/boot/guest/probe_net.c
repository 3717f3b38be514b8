// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes of the network: the sockets of WSL's service, tun devices, and NAT by nftables as
 * mirrored networking uses it. The netfilter messages are built by hand, because no static nft is
 * at hand.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

#define WSL_INIT_PORT	50000 /* the service's port on which WSL's init reports */
#define SRCNAT_PRIORITY 100

/* The service is reached by vsock: without it no distribution starts. */
int probe_vsock(int argc, char **argv)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_port = WSL_INIT_PORT,
		.svm_cid = VMADDR_CID_ANY,
	};
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return probe_fail("socket(AF_VSOCK)");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return probe_fail("bind");
	if (listen(fd, 1) < 0)
		return probe_fail("listen");
	close(fd);
	return 0;
}

/* A tun device can be made and comes up under the wanted name. */
int probe_tun(int argc, char **argv)
{
	struct ifreq request = {.ifr_name = "iktun0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return probe_fail("open /dev/net/tun");
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return probe_fail("TUNSETIFF");
	if (strcmp(request.ifr_name, "iktun0") != 0)
		return probe_wrong("tun device has another name");
	close(fd);
	return 0;
}

/* A buffer of netlink messages that grows at its end. */
struct batch {
	unsigned char data[2048];
	size_t used;
	size_t message; /* where the message under construction starts */
	unsigned int sequence;
};

static void *add(struct batch *batch, size_t size)
{
	void *at = batch->data + batch->used;

	memset(at, 0, NLMSG_ALIGN(size));
	batch->used += NLMSG_ALIGN(size);
	return at;
}

static void message_begin(struct batch *batch, int type, int flags, int family, int resource)
{
	struct nlmsghdr *header;
	struct nfgenmsg *general;

	batch->message = batch->used;
	header = add(batch, sizeof(*header));
	header->nlmsg_type = (unsigned short)type;
	header->nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags);
	header->nlmsg_seq = batch->sequence++;
	general = add(batch, sizeof(*general));
	general->nfgen_family = (unsigned char)family;
	general->version = NFNETLINK_V0;
	general->res_id = htons((unsigned short)resource);
}

static void message_end(struct batch *batch)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(batch->data + batch->message);

	header->nlmsg_len = (unsigned int)(batch->used - batch->message);
}

static void attribute(struct batch *batch, int type, const void *value, size_t size)
{
	struct nlattr *head = add(batch, NLA_HDRLEN + size);

	head->nla_type = (unsigned short)type;
	head->nla_len = (unsigned short)(NLA_HDRLEN + size);
	memcpy((char *)head + NLA_HDRLEN, value, size);
}

static void attribute_text(struct batch *batch, int type, const char *text)
{
	attribute(batch, type, text, strlen(text) + 1);
}

static void attribute_number(struct batch *batch, int type, unsigned int number)
{
	unsigned int big = htonl(number);

	attribute(batch, type, &big, sizeof(big));
}

static size_t nest_begin(struct batch *batch, int type)
{
	size_t at = batch->used;
	struct nlattr *head = add(batch, NLA_HDRLEN);

	head->nla_type = (unsigned short)(type | NLA_F_NESTED);
	return at;
}

static void nest_end(struct batch *batch, size_t at)
{
	((struct nlattr *)(batch->data + at))->nla_len = (unsigned short)(batch->used - at);
}

static int nft(int operation)
{
	return (NFNL_SUBSYS_NFTABLES << 8) | operation;
}

/* table ip iknat { chain post { type nat hook postrouting priority srcnat; masquerade } } */
static void build_nat(struct batch *batch)
{
	size_t hook, list, element;

	message_begin(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	message_end(batch);
	message_begin(batch, nft(NFT_MSG_NEWTABLE), NLM_F_CREATE | NLM_F_ACK, NFPROTO_IPV4, 0);
	attribute_text(batch, NFTA_TABLE_NAME, "iknat");
	message_end(batch);
	message_begin(batch, nft(NFT_MSG_NEWCHAIN), NLM_F_CREATE | NLM_F_ACK, NFPROTO_IPV4, 0);
	attribute_text(batch, NFTA_CHAIN_TABLE, "iknat");
	attribute_text(batch, NFTA_CHAIN_NAME, "post");
	attribute_text(batch, NFTA_CHAIN_TYPE, "nat");
	hook = nest_begin(batch, NFTA_CHAIN_HOOK);
	attribute_number(batch, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	attribute_number(batch, NFTA_HOOK_PRIORITY, SRCNAT_PRIORITY);
	nest_end(batch, hook);
	message_end(batch);
	message_begin(batch, nft(NFT_MSG_NEWRULE), NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK,
		      NFPROTO_IPV4, 0);
	attribute_text(batch, NFTA_RULE_TABLE, "iknat");
	attribute_text(batch, NFTA_RULE_CHAIN, "post");
	list = nest_begin(batch, NFTA_RULE_EXPRESSIONS);
	element = nest_begin(batch, NFTA_LIST_ELEM);
	attribute_text(batch, NFTA_EXPR_NAME, "masq");
	nest_end(batch, element);
	nest_end(batch, list);
	message_end(batch);
	message_begin(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	message_end(batch);
}

/* Reads answers until the wanted number of requests was acknowledged; the first refusal ends it. */
static int read_answers(int fd, int wanted)
{
	char buffer[8192];

	while (wanted > 0) {
		ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
		struct nlmsghdr *header = (struct nlmsghdr *)buffer;

		if (got < 0)
			return probe_fail("recv");
		for (; NLMSG_OK(header, (unsigned int)got); header = NLMSG_NEXT(header, got)) {
			struct nlmsgerr *answer = NLMSG_DATA(header);

			if (header->nlmsg_type != NLMSG_ERROR)
				continue;
			if (answer->error != 0) {
				static const char *const parts[] = {"batch", "table", "chain",
								    "rule", "end"};

				errno = -answer->error;
				return probe_fail(parts[answer->msg.nlmsg_seq % 5]);
			}
			wanted--;
		}
	}
	return 0;
}

/*
 * Mirrored networking and every container engine need source NAT. Made in a network of its own,
 * which goes with it.
 */
int probe_nftnat(int argc, char **argv)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct timeval limit = {.tv_sec = 10};
	struct batch batch = {.used = 0};
	int fd;

	(void)argc;
	(void)argv;
	if (unshare(CLONE_NEWNET) < 0)
		return probe_fail("unshare");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		return probe_fail("socket(NETLINK_NETFILTER)");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	build_nat(&batch);
	if (sendto(fd, batch.data, batch.used, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return probe_fail("sendto");
	if (read_answers(fd, 3))
		return 1;
	close(fd);
	return 0;
}
